import type { Json } from "../../schemas/model/access-log.ts";
import { parseIp } from "../../schemas/model/ip.ts";
import { parseDuration, parseTimestamp } from "../../schemas/model/time-text.ts";
import type { Value, ValueType } from "../../schemas/model/value.ts";
import { parseDecimalDuration, parseDecimalTime, type TimeUnit } from "./decimal-time.ts";
import { parseInt64, Unfit } from "./json-values.ts";

/** Reads a member of a log line; undefined where it says nothing. */
export type ReadLogValue = (value: Json) => Value | undefined | Unfit;

/** How a member is read. */
export interface LogValueOptions {
  readonly type: ValueType;
  readonly unit: TimeUnit | undefined;
  readonly pick: "first" | "last" | undefined;
}

/** Proxies write everything as text, and a dash, or nothing, for what they do not have. */
export function createLogReader({ type, unit, pick }: LogValueOptions): ReadLogValue {
  if (type === "STRING_MAP") return readMap;
  const parse = parserOf(type, unit);
  return (value) => {
    const text = textOf(value);
    if (text === undefined) return value === null ? undefined : noScalar;
    const chosen = pick === undefined ? text : choose(text, pick);
    return isNothing(chosen) ? undefined : parse(chosen);
  };
}

const noScalar = new Unfit("text, a number or a truth value");

/** A scalar of JSON as text; large and small numbers without an exponent. */
function textOf(value: Json): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return String(value);
  if (typeof value !== "number") return undefined;
  const text = String(value);
  return text.includes("e") ? value.toFixed(20) : text;
}

/** A list of nginx: attempts parted by commas, groups of servers by colons. */
function choose(text: string, pick: "first" | "last"): string {
  const parts = text.split(/\s*,\s*| : /);
  return (pick === "first" ? parts[0] : parts.at(-1)) ?? "";
}

function isNothing(text: string): boolean {
  return text === "" || /^-+$/.test(text);
}

type Parse = (text: string) => Value | undefined | Unfit;

const noInteger = new Unfit("a whole number of 64 bits");
const noNumber = new Unfit("a number");
const noTruth = new Unfit("true or false");
const noAddress = new Unfit("an IP address, with or without a port");
const noTime = new Unfit("a time as RFC 3339, or a number of the field's unit");
const noDuration = new Unfit("a duration such as 1.5s, or a number of the field's unit");

function parserOf(type: ValueType, unit: TimeUnit | undefined): Parse {
  switch (type) {
    case "INT64":
      return parseCount;
    case "DOUBLE":
      return (text) => (/^-?\d{1,300}(?:\.\d{1,300})?$/.test(text) ? Number(text) : noNumber);
    case "BOOL":
      return parseTruth;
    case "TIMESTAMP":
      return (text) => (unit === undefined ? parseTimestamp(text) : parseDecimalTime(text, unit)) ?? noTime;
    case "DURATION":
      return (text) => parseSpan(text, unit);
    case "IP_ADDRESS":
      return parseAddress;
    default:
      return (text) => text.toWellFormed();
  }
}

/** Sizes and counts: what is below zero says that there is none (HAProxy writes -1). */
function parseCount(text: string): Value | undefined | Unfit {
  const value = parseInt64(text);
  if (value === undefined) return noInteger;
  return (value as number | bigint) < 0 ? undefined : value;
}

function parseSpan(text: string, unit: TimeUnit | undefined): Value | undefined | Unfit {
  if (text.startsWith("-")) return undefined;
  const plain = text.startsWith("+") ? text.slice(1) : text;
  return (unit === undefined ? parseDuration(plain) : parseDecimalDuration(plain, unit)) ?? noDuration;
}

function parseTruth(text: string): Value | Unfit {
  if (text === "true" || text === "on" || text === "1") return true;
  return text === "false" || text === "off" || text === "0" ? false : noTruth;
}

/** Sockets of the file system have no address. */
function parseAddress(text: string): Value | undefined | Unfit {
  if (text.startsWith("unix:")) return undefined;
  const [, bracketed, dotted] = /^(?:\[([^\]]+)\](?::\d{1,5})?|([\d.]+):\d{1,5})$/.exec(text) ?? [];
  return parseIp(bracketed ?? dotted ?? text) ?? noAddress;
}

const noMap = new Unfit("an object of texts");

function readMap(value: Json): Value | undefined | Unfit {
  if (value === null) return undefined;
  if (typeof value !== "object" || Array.isArray(value)) return noMap;
  const map = new Map<string, string>();
  for (const [name, member] of Object.entries(value)) {
    const text = Array.isArray(member) ? member.map((item) => textOf(item) ?? "").join(",") : textOf(member);
    if (text !== undefined) map.set(name, text.toWellFormed());
  }
  return map;
}

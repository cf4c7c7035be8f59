import { formatTimestamp, parseDuration, parseTimestamp } from "../../../schemas/model/time-text.ts";
import { type Int64, type Timestamp, toInt64 } from "../../../schemas/model/value.ts";
import { parseInt64, parseUint64 } from "../literals.ts";
import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT64,
  IP_ADDRESS,
  STRING,
  TIMESTAMP,
  TYPE,
  type Type,
  UINT,
} from "../types.ts";
import { celTypeName, typeValues, Uint } from "../values.ts";
import { checkedInt64, checkedUint } from "./arithmetic.ts";
import { fault, fn, type Overload, strict } from "./overload.ts";
import { checkedTimestamp } from "./time.ts";

const outOfRange = fault("the number is out of range of the type");
const invalidUtf8 = fault("the bytes are not valid UTF-8");
const identity = (value: unknown) => value;

/** The whole part of a DOUBLE as an integer; CEL refuses the ends of the range, which doubles cannot tell from their neighbours. */
function truncate(value: number): bigint | undefined {
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : undefined;
}

function doubleToInt(value: number): unknown {
  const whole = truncate(value);
  const inside = whole !== undefined && whole > -0x8000_0000_0000_0000n && whole < 0x7fff_ffff_ffff_ffffn;
  return inside ? toInt64(whole) : outOfRange;
}

function doubleToUint(value: number): unknown {
  const whole = truncate(value);
  return whole === undefined || value < 0 ? outOfRange : checkedUint(whole);
}

function textToInt(text: string): unknown {
  const value = /^[+-]?\d{1,32}$/.test(text) ? parseInt64(text.replace(/^\+/, "")) : undefined;
  return value ?? fault(`${quote(text)} is not a 64-bit integer`);
}

function textToUint(text: string): unknown {
  const value = /^\d{1,32}$/.test(text) ? parseUint64(text) : undefined;
  return value === undefined ? fault(`${quote(text)} is not an unsigned 64-bit integer`) : new Uint(value);
}

function textToDouble(text: string): unknown {
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return Number(text);
  if (/^[+-]?inf(?:inity)?$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  return /^nan$/i.test(text) ? Number.NaN : fault(`${quote(text)} is not a number`);
}

const truths: ReadonlySet<string> = new Set(["1", "t", "T", "true", "TRUE", "True"]);
const falsehoods: ReadonlySet<string> = new Set(["0", "f", "F", "false", "FALSE", "False"]);

function textToBool(text: string): unknown {
  if (truths.has(text)) return true;
  return falsehoods.has(text) ? false : fault(`${quote(text)} is not a truth value`);
}

function bytesToText(bytes: Uint8Array): unknown {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return invalidUtf8;
  }
}

function textToDuration(text: string): unknown {
  return parseDuration(text) ?? fault(`${quote(text)} is no duration; write it as in "1.5s", "200ms" or "1h30m"`);
}

function textToTimestamp(text: string): unknown {
  const time = parseTimestamp(text);
  return time ? checkedTimestamp(time) : fault(`${quote(text)} is no time; write it as in "2026-01-02T15:04:05Z"`);
}

/** A duration in seconds with as many decimals as it needs, as CEL writes it: `1.5s`, `0.005s`. */
export function durationToText(nanos: Int64): string {
  const size = BigInt(nanos) < 0n ? -BigInt(nanos) : BigInt(nanos);
  const fraction = String(size % 1_000_000_000n)
    .padStart(9, "0")
    .replace(/0+$/, "");
  return `${BigInt(nanos) < 0n ? "-" : ""}${size / 1_000_000_000n}${fraction === "" ? "" : `.${fraction}`}s`;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}

const to = (name: string, from: Type, result: Type, apply: (value: never) => unknown) =>
  fn(name, [from], result, apply as (value: unknown) => unknown);

/** Conversions between types (CEL language definition, "Type Conversions"). A text that does not fit is a fault. */
export const conversionFunctions: readonly Overload[] = [
  to("int", INT64, INT64, identity),
  to("int", UINT, INT64, (a: Uint) => checkedInt64(BigInt(a.value))),
  to("int", DOUBLE, INT64, doubleToInt),
  strict(to("int", STRING, INT64, textToInt)),
  to("int", TIMESTAMP, INT64, (a: Timestamp) => a.seconds),
  to("uint", UINT, UINT, identity),
  to("uint", INT64, UINT, (a: Int64) => checkedUint(BigInt(a))),
  to("uint", DOUBLE, UINT, doubleToUint),
  strict(to("uint", STRING, UINT, textToUint)),
  to("double", DOUBLE, DOUBLE, identity),
  to("double", INT64, DOUBLE, (a: Int64) => Number(a)),
  to("double", UINT, DOUBLE, (a: Uint) => Number(a.value)),
  strict(to("double", STRING, DOUBLE, textToDouble)),
  to("bool", BOOL, BOOL, identity),
  strict(to("bool", STRING, BOOL, textToBool)),
  to("string", STRING, STRING, identity),
  to("string", INT64, STRING, String),
  to("string", UINT, STRING, (a: Uint) => String(a.value)),
  to("string", DOUBLE, STRING, String),
  to("string", BOOL, STRING, String),
  to("string", BYTES, STRING, bytesToText),
  to("string", TIMESTAMP, STRING, formatTimestamp),
  to("string", DURATION, STRING, durationToText),
  to("string", IP_ADDRESS, STRING, identity),
  to("bytes", BYTES, BYTES, identity),
  to("bytes", STRING, BYTES, (a: string) => new Uint8Array(Buffer.from(a, "utf8"))),
  to("timestamp", TIMESTAMP, TIMESTAMP, identity),
  strict(to("timestamp", STRING, TIMESTAMP, textToTimestamp)),
  to("timestamp", INT64, TIMESTAMP, (a: Int64) => checkedTimestamp({ seconds: Number(a), nanos: 0 })),
  to("duration", DURATION, DURATION, identity),
  strict(to("duration", STRING, DURATION, textToDuration)),
  to("dyn", DYN, DYN, identity),
  to("type", DYN, TYPE, (a: unknown) => typeValues.get(celTypeName(a))),
];

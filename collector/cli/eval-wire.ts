import { parseIp } from "../../schemas/model/ip.ts";
import { formatTimestamp, parseTimestamp } from "../../schemas/model/time-text.ts";
import type { Int64, Timestamp, Value, ValueType } from "../../schemas/model/value.ts";
import { celTypeName } from "../expr/values.ts";
import { plainOf } from "./eval-boxed.ts";
import { toInteger, toStringMap } from "./eval-values.ts";
import { isObject } from "./eval-vocabulary.ts";

/*
 * Values as lines of --jsonl carry them: { type, value } with STRING, INT64 (decimal text), DOUBLE, BOOL, TIMESTAMP
 * (RFC 3339), DURATION_NS (decimal text), BYTES_HEX (an address of 4 or 16 bytes) and STRING_MAP.
 */

/** A value of a declared type; undefined if it is of another, which makes the attribute absent. */
export function fromWire(declared: ValueType, wire: unknown): Value | undefined {
  if (!isObject(wire)) return undefined;
  const { type, value } = wire;
  switch (declared) {
    case "INT64":
      return type === "INT64" ? toInteger(value) : undefined;
    case "DURATION":
      return type === "DURATION_NS" || type === "DURATION" ? toInteger(value) : undefined;
    case "DOUBLE":
      return type === "DOUBLE" ? toDouble(value) : undefined;
    case "BOOL":
      return type === "BOOL" && typeof value === "boolean" ? value : undefined;
    case "TIMESTAMP":
      return type === "TIMESTAMP" && typeof value === "string" ? parseTimestamp(value) : undefined;
    case "STRING_MAP":
      return type === "STRING_MAP" || type === "STRING_MAP_UNTRACKED" ? toStringMap(value) : undefined;
    case "IP_ADDRESS":
      return type === "BYTES_HEX" && typeof value === "string" ? addressOf(value) : undefined;
    default:
      return type === "STRING" && typeof value === "string" ? value : undefined;
  }
}

function toDouble(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return value === "NaN" || value === "Infinity" || value === "-Infinity" ? Number(value) : undefined;
}

/** The canonical text of an address of 4 or 16 bytes in hex. */
function addressOf(hex: string): string | undefined {
  if (!/^(?:[0-9a-f]{8}|[0-9a-f]{32})$/i.test(hex)) return undefined;
  if (hex.length === 8) return [...Buffer.from(hex, "hex")].join(".");
  return parseIp((hex.match(/.{4}/g) ?? []).join(":"));
}

/** A result of a static type; `addresses` has the bytes of those that came in. */
export function toWire(
  type: string,
  value: unknown,
  addresses: ReadonlyMap<string, string>,
): { type: string; value: unknown } {
  switch (type) {
    case "INT64":
      return { type, value: String(value) };
    case "DURATION":
      return { type: "DURATION_NS", value: String(value as Int64) };
    case "TIMESTAMP":
      return { type, value: formatTimestamp(value as Timestamp) };
    case "DOUBLE":
      return { type, value: Number.isFinite(value) ? value : String(value) };
    case "BOOL":
      return { type, value };
    case "STRING_MAP":
      return { type, value: Object.fromEntries(value as ReadonlyMap<string, string>) };
    case "IP_ADDRESS":
      return { type: "BYTES_HEX", value: addresses.get(value as string) ?? toHex(value as string) };
    case "STRING":
    case "DNS_NAME":
    case "EMAIL_ADDRESS":
    case "URI":
      return { type: "STRING", value };
    default:
      return { type: type === "dyn" ? celTypeName(value) : type, value: plainOf(value) };
  }
}

/** The 16 bytes of an address, IPv4 as IPv4-mapped IPv6. */
function toHex(ip: string): string {
  if (!ip.includes(":")) return `00000000000000000000ffff${Buffer.from(ip.split(".").map(Number)).toString("hex")}`;
  const [before = "", after] = ip.split("::");
  const head = before === "" ? [] : before.split(":");
  const tail = after ? after.split(":") : [];
  const zeros = new Array<string>(after === undefined ? 0 : 8 - head.length - tail.length).fill("0");
  return [...head, ...zeros, ...tail].map((group) => group.padStart(4, "0")).join("");
}

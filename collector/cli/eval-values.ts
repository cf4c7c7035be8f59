import { parseIp } from "../../schemas/model/ip.ts";
import { formatDuration, parseDuration, parseTimestamp } from "../../schemas/model/time-text.ts";
import { type Int64, toInt64, type Value, type ValueType } from "../../schemas/model/value.ts";
import { plainOf } from "./eval-boxed.ts";
import { isObject } from "./eval-vocabulary.ts";

/**
 * A value of a type from plain data, in the forms that JSON reports use: TIMESTAMP as RFC 3339, DURATION as "1.5s",
 * IP_ADDRESS as text, INT64 as number or decimal text, STRING_MAP as an object of texts. Undefined if it does not fit.
 */
export function fromPlain(type: ValueType, plain: unknown): Value | undefined {
  switch (type) {
    case "BOOL":
      return typeof plain === "boolean" ? plain : undefined;
    case "DOUBLE":
      return typeof plain === "number" ? plain : undefined;
    case "INT64":
      return toInteger(plain);
    case "STRING_MAP":
      return toStringMap(plain);
    default:
      return typeof plain === "string" ? fromText(type, plain) : undefined;
  }
}

function fromText(type: ValueType, text: string): Value | undefined {
  if (type === "TIMESTAMP") return parseTimestamp(text);
  if (type === "DURATION") return parseDuration(text);
  return type === "IP_ADDRESS" ? parseIp(text) : text;
}

/** An integer of 64 bits from a number or decimal text. */
export function toInteger(plain: unknown): Int64 | undefined {
  if (typeof plain === "number") return Number.isSafeInteger(plain) ? plain : undefined;
  if (typeof plain !== "string" || !/^-?\d{1,19}$/.test(plain)) return undefined;
  const value = BigInt(plain);
  return BigInt.asIntN(64, value) === value ? toInt64(value) : undefined;
}

/** A map of texts from an object. */
export function toStringMap(plain: unknown): ReadonlyMap<string, string> | undefined {
  if (!isObject(plain)) return undefined;
  const entries = Object.entries(plain);
  const texts = entries.every((entry): entry is [string, string] => typeof entry[1] === "string");
  return texts ? new Map(entries) : undefined;
}

/** A result of a static type as plain data, in the same forms; values that JSON lacks become texts. */
export function toPlain(type: string, value: unknown): unknown {
  if (type === "DURATION") return formatDuration(value as Int64);
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  return plainOf(value);
}

import type { Json } from "../../schemas/model/access-log.ts";
import { parseIp } from "../../schemas/model/ip.ts";
import { parseDuration, parseTimestamp } from "../../schemas/model/time-text.ts";
import { toInt64, type Value, type ValueType } from "../../schemas/model/value.ts";

/** What was expected instead of a value of JSON. */
export class Unfit {
  readonly expected: string;

  constructor(expected: string) {
    this.expected = expected;
  }
}

/** Brings a value of JSON to an attribute's type. */
export type ReadValue = (value: Json) => Value | Unfit;

/** Headers of proxies are shorter. */
const MAX_TEXT = 65_536;
const noText = new Unfit("text");
const longText = new Unfit(`text of at most ${MAX_TEXT} characters`);
const noInteger = new Unfit("a whole number of 64 bits, as text beyond 2^53");
const noNumber = new Unfit("a number");
const noTruth = new Unfit("true or false");
const noTime = new Unfit("a time as RFC 3339 such as 2026-01-31T12:00:00.5Z");
const noDuration = new Unfit('a duration such as "12.345ms" or "1.5s"');
const noAddress = new Unfit("an IP address as text");
const noMap = new Unfit("an object of texts");

/** How a value of JSON is read, by the attribute's type; see docs/json.md. */
export const readByType: { readonly [Type in ValueType]: ReadValue } = {
  STRING: readText,
  INT64: readInt64,
  DOUBLE: (value) => (typeof value === "number" && Number.isFinite(value) ? value : noNumber),
  BOOL: (value) => (typeof value === "boolean" ? value : noTruth),
  TIMESTAMP: (value) => (typeof value === "string" ? (parseTimestamp(value) ?? noTime) : noTime),
  DURATION: (value) => (typeof value === "string" ? (parseDuration(value) ?? noDuration) : noDuration),
  IP_ADDRESS: (value) => (typeof value === "string" ? (parseIp(value) ?? noAddress) : noAddress),
  STRING_MAP: (value) => readMap(value, false),
  DNS_NAME: readText,
  EMAIL_ADDRESS: readText,
  URI: readText,
};

/** The same for names of headers, which rules read in lower case. */
export const readHeaders: ReadValue = (value) => readMap(value, true);

/** How much one record may count for: far more than any sampling, and far less than spoils a sum. */
const MAX_WEIGHT = 1e9;
const noWeight = new Unfit(`a number above 0 and up to ${MAX_WEIGHT}`);

/** A weight, by which everything is counted. */
export function readWeight(value: Json | Value): number | Unfit {
  return typeof value === "number" && value > 0 && value <= MAX_WEIGHT ? value : noWeight;
}

/** Half surrogate pairs, which JSON can spell, are no text that could be written anywhere. */
function readText(value: Json): Value | Unfit {
  if (typeof value !== "string") return noText;
  if (value.length > MAX_TEXT) return longText;
  return value.isWellFormed() ? value : value.toWellFormed();
}

/** Numbers beyond 2^53 have lost digits by the time they are read: they come as text. */
function readInt64(value: Json): Value | Unfit {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value + 0 : noInteger;
  return typeof value === "string" ? (parseInt64(value) ?? noInteger) : noInteger;
}

const decimal = /^[+-]?\d{1,19}$/;

/** A decimal text as a 64-bit integer, or undefined if it is none. */
export function parseInt64(text: string): Value | undefined {
  if (!decimal.test(text)) return undefined;
  const near = Number(text);
  if (Number.isSafeInteger(near)) return near + 0;
  const whole = BigInt(text);
  return BigInt.asIntN(64, whole) === whole ? toInt64(whole) : undefined;
}

function readMap(value: Json, lowerCase: boolean): Value | Unfit {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return noMap;
  const map = new Map<string, string>();
  for (const [name, member] of Object.entries(value)) {
    if (member === null) continue;
    if (typeof member !== "string") return noMap;
    map.set(lowerCase ? name.toLowerCase() : name, member.toWellFormed());
  }
  return map;
}

/** The types of attributes, named as Mixer named them (istio.policy.v1beta1.ValueType). */
export const valueTypes = [
  "STRING",
  "INT64",
  "DOUBLE",
  "BOOL",
  "TIMESTAMP",
  "DURATION",
  "IP_ADDRESS",
  "STRING_MAP",
  "DNS_NAME",
  "EMAIL_ADDRESS",
  "URI",
] as const;

/** One of the attribute types. */
export type ValueType = (typeof valueTypes)[number];

/** A point in time, UTC; `nanos` in 0..999999999 counts forward, as in google.protobuf.Timestamp. */
export interface Timestamp {
  readonly seconds: number;
  readonly nanos: number;
}

/**
 * A 64-bit integer: a number while it is safe (|n| < 2^53), a bigint beyond.
 * Everything that makes one keeps to that, so that equal integers are the same primitive.
 */
export type Int64 = number | bigint;

/**
 * What a slot holds, by attribute type:
 * STRING, DNS_NAME, EMAIL_ADDRESS, URI: string; INT64: Int64; DOUBLE: number; BOOL: boolean; TIMESTAMP: Timestamp;
 * DURATION: nanoseconds as Int64; IP_ADDRESS: canonical text (RFC 5952; IPv4-mapped IPv6 as IPv4);
 * STRING_MAP: ReadonlyMap. `undefined` is an absent attribute.
 */
export type Value = string | number | bigint | boolean | Timestamp | ReadonlyMap<string, string>;

/** Brings an integer into the form that Int64 promises. */
export function toInt64(value: bigint): Int64 {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** Tells a point in time from the other object-like value, a string map. */
export function isTimestamp(value: unknown): value is Timestamp {
  return typeof value === "object" && value !== null && "seconds" in value && "nanos" in value;
}

/** A point in time in milliseconds since the epoch. */
export const toMillis = ({ seconds, nanos }: Timestamp): number => seconds * 1000 + nanos / 1e6;

/** Whether a value is one of an attribute of this type, as far as its form tells. */
export function isOfType(value: unknown, type: ValueType): value is Value {
  switch (type) {
    case "INT64":
    case "DURATION":
      return typeof value === "bigint" || Number.isSafeInteger(value);
    case "DOUBLE":
      return typeof value === "number";
    case "BOOL":
      return typeof value === "boolean";
    case "TIMESTAMP":
      return isTimestamp(value);
    case "STRING_MAP":
      return value instanceof Map;
    default:
      return typeof value === "string";
  }
}

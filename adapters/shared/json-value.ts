import type { Json } from "../../schemas/model/access-log.ts";
import { isTimestamp, type Value } from "../../schemas/model/value.ts";

/** The value of an attribute as JSON: times in RFC 3339 with milliseconds, integers from 2^53 on as text, durations in nanoseconds. */
export function toJsonValue(value: Value): Json {
  if (typeof value === "bigint") return String(value);
  if (isTimestamp(value)) return new Date(value.seconds * 1000 + value.nanos / 1e6).toISOString();
  return value instanceof Map ? Object.fromEntries(value) : (value as Json);
}

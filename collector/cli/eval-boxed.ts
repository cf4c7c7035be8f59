import { formatDuration, formatTimestamp } from "../../schemas/model/time-text.ts";
import { isTimestamp } from "../../schemas/model/value.ts";
import { BoxedBlock, BoxedDouble, BoxedDuration, BoxedIp, boxKey, isMap, TypeValue, Uint } from "../expr/values.ts";

/** A boxed value of an expression as plain data: lists as arrays, maps as objects or lists of pairs, integers as texts. */
export function plainOf(value: unknown): unknown {
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(plainOf);
  if (isTimestamp(value)) return formatTimestamp(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  return isMap(value) ? plainMap(value) : plainObject(value);
}

function plainMap(map: Parameters<typeof boxKey>[0]): unknown {
  const entries = [...map].map(([key, value]) => [boxKey(map, key), plainOf(value)] as const);
  const named = entries.every(([key]) => typeof key === "string");
  return named ? Object.fromEntries(entries) : entries.map(([key, value]) => [plainOf(key), value]);
}

function plainObject(value: object): unknown {
  if (value instanceof BoxedDouble) return Number.isFinite(value.value) ? value.value : String(value.value);
  if (value instanceof BoxedDuration) return formatDuration(value.nanos);
  if (value instanceof BoxedIp) return value.text;
  if (value instanceof Uint) return String(value.value);
  if (value instanceof BoxedBlock) return value.block.text;
  return value instanceof TypeValue ? value.name : null;
}

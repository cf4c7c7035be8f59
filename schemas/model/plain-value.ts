import type { PlainValue } from "./instance.ts";
import { formatDuration, formatTimestamp } from "./time-text.ts";
import { isTimestamp, type ValueType } from "./value.ts";

/** Brings a value into the form in which it leaves the hub; undefined for what is not of the type, and for what is absent. */
export type ToPlain = (value: unknown) => PlainValue | undefined;

const fromText: ToPlain = (value) => (typeof value === "string" ? value : undefined);

/** JSON readers take numbers for doubles, in which integers are exact below 2^53. */
const fromInt64: ToPlain = (value) => {
  if (typeof value === "number") return Number.isInteger(value) ? value : undefined;
  return typeof value === "bigint" ? String(value) : undefined;
};

const fromDouble: ToPlain = (value) => {
  if (typeof value !== "number") return undefined;
  return Number.isFinite(value) ? value : String(value);
};

const converters: Readonly<Record<ValueType, ToPlain>> = {
  STRING: fromText,
  DNS_NAME: fromText,
  EMAIL_ADDRESS: fromText,
  URI: fromText,
  IP_ADDRESS: fromText,
  INT64: fromInt64,
  DOUBLE: fromDouble,
  BOOL: (value) => (typeof value === "boolean" ? value : undefined),
  TIMESTAMP: (value) => (isTimestamp(value) ? formatTimestamp(value) || undefined : undefined),
  DURATION: (value) =>
    typeof value === "bigint" || Number.isInteger(value) ? formatDuration(value as number | bigint) : undefined,
  // `fromEntries` defines each key, so that none, `__proto__` neither, reaches a prototype.
  STRING_MAP: (value) => (value instanceof Map ? Object.fromEntries(value) : undefined),
};

/** The converter of a type. */
export function toPlainOf(type: ValueType): ToPlain {
  return converters[type];
}

import { type Int64, type Timestamp, toInt64 } from "../../schemas/model/value.ts";

/** Digits of a nanosecond below one of each unit. */
const digitsBelow = { s: 9, ms: 6, us: 3, ns: 0 } as const;

/** A unit of plain numbers. */
export type TimeUnit = keyof typeof digitsBelow;

const decimal = /^(\d{1,18})(?:\.(\d{0,32}))?$/;
/** The end of the year 9999. */
const MAX_SECONDS = 253_402_300_799;

/** Nanoseconds of a decimal number of a unit, cut off below one; undefined if the text is no such number or exceeds 64 bits. */
export function parseDecimalDuration(text: string, unit: TimeUnit): Int64 | undefined {
  const digits = nanosOf(text, unit);
  if (digits === undefined) return undefined;
  if (digits.length < 16) return Number(digits);
  const nanos = BigInt(digits);
  return nanos <= 0x7fff_ffff_ffff_ffffn ? toInt64(nanos) : undefined;
}

/** The time that lies a decimal number of a unit after the epoch; undefined beyond the year 9999. */
export function parseDecimalTime(text: string, unit: TimeUnit): Timestamp | undefined {
  const digits = nanosOf(text, unit)?.padStart(10, "0");
  if (digits === undefined) return undefined;
  const seconds = Number(digits.slice(0, -9));
  return seconds <= MAX_SECONDS ? { seconds, nanos: Number(digits.slice(-9)) } : undefined;
}

function nanosOf(text: string, unit: TimeUnit): string | undefined {
  const [, whole, fraction = ""] = decimal.exec(text) ?? [];
  const digits = digitsBelow[unit];
  return whole === undefined ? undefined : whole + fraction.padEnd(digits, "0").slice(0, digits);
}

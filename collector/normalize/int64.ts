import { type Int64, type Timestamp, toInt64 } from "../../schemas/model/value.ts";

const NANOS_PER_SECOND = 1_000_000_000;

/** The sum of two integers, in the form that Int64 promises. */
export function addInt64(a: Int64, b: Int64): Int64 {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return toInt64(BigInt(a) + BigInt(b));
}

/** The difference of two integers, in the form that Int64 promises. */
export function subtractInt64(a: Int64, b: Int64): Int64 {
  if (typeof a === "number" && typeof b === "number") {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return toInt64(BigInt(a) - BigInt(b));
}

/** A sum of two values, absent if either is. */
export function sumOf(a: Int64 | undefined, b: Int64 | undefined): Int64 | undefined {
  return a === undefined || b === undefined ? undefined : addInt64(a, b);
}

/** A difference of two values, absent if either is. */
export function differenceOf(a: Int64 | undefined, b: Int64 | undefined): Int64 | undefined {
  return a === undefined || b === undefined ? undefined : subtractInt64(a, b);
}

/** The point in time that lies a duration in nanoseconds after another. */
export function addNanos({ seconds, nanos }: Timestamp, duration: Int64): Timestamp {
  if (typeof duration === "bigint") return addBigNanos(seconds, nanos, duration);
  const whole = Math.floor(duration / NANOS_PER_SECOND);
  const rest = nanos + (duration - whole * NANOS_PER_SECOND);
  return rest < NANOS_PER_SECOND
    ? { seconds: seconds + whole, nanos: rest }
    : { seconds: seconds + whole + 1, nanos: rest - NANOS_PER_SECOND };
}

function addBigNanos(seconds: number, nanos: number, duration: bigint): Timestamp {
  const total = BigInt(nanos) + duration;
  const perSecond = BigInt(NANOS_PER_SECOND);
  const rest = ((total % perSecond) + perSecond) % perSecond;
  return { seconds: seconds + Number((total - rest) / perSecond), nanos: Number(rest) };
}

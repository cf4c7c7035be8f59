import fc from "fast-check";
import { expect, it } from "vitest";
import { parseDecimalDuration, parseDecimalTime, type TimeUnit } from "./decimal-time.ts";

const scales: readonly (readonly [TimeUnit, bigint, number])[] = [
  ["s", 1_000_000_000n, 9],
  ["ms", 1_000_000n, 6],
  ["us", 1000n, 3],
  ["ns", 1n, 0],
];

it.each(scales)("a number of %s is its nanoseconds, exactly", (unit, scale, digits) => {
  fc.assert(
    fc.property(fc.bigInt(0n, 9_000_000_000n), fc.nat(999_999_999), (whole, fraction) => {
      const text = `${whole}.${String(fraction).padStart(9, "0")}`;
      const nanos = whole * scale + BigInt(String(fraction).padStart(9, "0").slice(0, digits) || 0);
      const parsed = parseDecimalDuration(text, unit);
      expect(parsed === undefined ? undefined : BigInt(parsed)).toBe(nanos < 2n ** 63n ? nanos : undefined);
      const time = parseDecimalTime(text, unit);
      if (time !== undefined) expect(BigInt(time.seconds) * 1_000_000_000n + BigInt(time.nanos)).toBe(nanos);
    }),
  );
});

it.each(["", ".", ".5", "1e3", "1_0", " 1", "0x1", "-1", "1.2.3", "NaN", "9".repeat(19)])("%j is none", (text) => {
  expect(parseDecimalDuration(text, "s")).toBeUndefined();
  expect(parseDecimalTime(text, "s")).toBeUndefined();
});

it("ends at 64 bits, and at the year 9999", () => {
  expect(parseDecimalDuration("9223372036.854775807", "s")).toBe(2n ** 63n - 1n);
  expect(parseDecimalDuration("9223372036.854775808", "s")).toBeUndefined();
  expect(parseDecimalTime("253402300799.999999999", "s")).toEqual({ seconds: 253_402_300_799, nanos: 999_999_999 });
  expect(parseDecimalTime("253402300800", "s")).toBeUndefined();
});

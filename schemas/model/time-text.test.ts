import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp } from "./time-text.ts";
import { toInt64 } from "./value.ts";

describe("durations", () => {
  it.each([
    [0, "0s"],
    [7, "7ns"],
    [250_000, "250us"],
    [12_345_000, "12.345ms"],
    [1_500_000_000, "1.5s"],
    [-3_000_000, "-3ms"],
    [3_600_000_000_000, "3600s"],
  ])("%d ns is %s", (nanos, text) => {
    expect(formatDuration(nanos)).toBe(text);
    expect(parseDuration(text)).toBe(nanos);
  });

  it.each([
    ["1h2m", 3_720_000_000_000],
    [".5s", 500_000_000],
    ["5.s", 5_000_000_000],
    ["0", 0],
    ["+1µs", 1000],
  ])("%s is %d ns", (text, nanos) => expect(parseDuration(text)).toBe(nanos));

  it.each(["", "5", "s", "1d", "3 s", "1.5", "300000000h", "-"])("%j is none", (text) =>
    expect(parseDuration(text)).toBeUndefined(),
  );

  it("of one number and one unit are exact", () => {
    const units = fc.constantFrom(["ns", 1n], ["us", 1000n], ["ms", 1_000_000n], ["s", 1_000_000_000n]) as fc.Arbitrary<
      [string, bigint]
    >;
    const digits = fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(digits, digits, units, (whole, fraction, [unit, scale]) => {
        const nanos = BigInt(whole) * scale + (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length);
        expect(parseDuration(`${whole}.${fraction}${unit}`)).toBe(toInt64(nanos));
        expect(parseDuration(`-${whole}.${fraction}${unit}`)).toBe(toInt64(-nanos));
      }),
      { numRuns: 2000 },
    );
  });

  it("survive the round trip", () => {
    fc.assert(fc.property(fc.maxSafeInteger(), (nanos) => parseDuration(formatDuration(nanos)) === nanos));
  });
});

describe("timestamps", () => {
  it("are exactly the days and times that there are", () => {
    const two = (max: number) => fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, "0"));
    const year = fc.integer({ min: 0, max: 9999 }).map((n) => String(n).padStart(4, "0"));
    fc.assert(
      fc.property(year, two(14), two(33), two(25), two(61), two(61), (year, month, day, hour, minute, second) => {
        const text = `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
        const millis = Date.parse(text);
        const real = !Number.isNaN(millis) && new Date(millis).toISOString() === text.replace("Z", ".000Z");
        expect(parseTimestamp(text)).toEqual(real ? { seconds: millis / 1000, nanos: 0 } : undefined);
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ["2026-11-22T10:00:00Z", { seconds: 1_795_341_600, nanos: 0 }, "2026-11-22T10:00:00Z"],
    ["2026-11-22T10:00:00.25+01:00", { seconds: 1_795_338_000, nanos: 250_000_000 }, "2026-11-22T09:00:00.25Z"],
    ["1969-12-31T23:59:59.000000001Z", { seconds: -1, nanos: 1 }, "1969-12-31T23:59:59.000000001Z"],
  ])("%s", (text, time, canonical) => {
    expect(parseTimestamp(text)).toEqual(time);
    expect(formatTimestamp(time)).toBe(canonical);
  });

  it.each([
    "",
    "2026-11-22",
    "2026-02-30T00:00:00Z",
    "2026-11-22T24:00:00Z",
    "2026-11-22T10:00:00",
    "2026-11-22T10:00:00+25:00",
  ])("%j is none", (text) => expect(parseTimestamp(text)).toBeUndefined());
});

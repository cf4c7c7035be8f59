import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp } from "./time-text.ts";

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

  it("survive the round trip", () => {
    fc.assert(fc.property(fc.maxSafeInteger(), (nanos) => parseDuration(formatDuration(nanos)) === nanos));
  });
});

describe("timestamps", () => {
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

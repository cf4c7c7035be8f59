import { describe, expect, it } from "vitest";
import { moment, parseSpan, resolveRange, span, spanBack } from "./time-parameter.ts";

const now = Date.parse("2026-03-01T12:00:00Z");

function at(text: string): string | undefined {
  const read = moment.safeParse(text);
  if (!read.success) return read.error.issues[0]?.message;
  return new Date(read.data.kind === "absolute" ? read.data.ms : now + read.data.ms).toISOString();
}

describe("a time", () => {
  it.each([
    ["2026-02-28T10:00:00Z", "2026-02-28T10:00:00.000Z"],
    ["2026-02-28t10:00:00.25z", "2026-02-28T10:00:00.250Z"],
    ["2026-02-28T10:00:00+02:00", "2026-02-28T08:00:00.000Z"],
    ["2026-02-28T10:00:00 02:00", "2026-02-28T08:00:00.000Z"],
    ["1772366400", "2026-03-01T12:00:00.000Z"],
    ["1772366400.5", "2026-03-01T12:00:00.500Z"],
    ["0", "1970-01-01T00:00:00.000Z"],
    ["now", "2026-03-01T12:00:00.000Z"],
    ["-15m", "2026-03-01T11:45:00.000Z"],
    ["-1h30m", "2026-03-01T10:30:00.000Z"],
    ["-1.5h", "2026-03-01T10:30:00.000Z"],
    ["-7d", "2026-02-22T12:00:00.000Z"],
    ["-500ms", "2026-03-01T11:59:59.500Z"],
  ])("%s is %s", (text, time) => {
    expect(at(text)).toBe(time);
  });

  it.each([
    ["-15", "no time: a span needs a unit, as in -15s"],
    ["15m", "no time: a span back from now starts with a minus, as in -15m"],
    ["1772366400000", "too far away: it is read as seconds since 1970"],
    ["2026-02-30T10:00:00Z", "no time"],
    ["2026-02-28", "no time"],
    ["yesterday", "no time"],
    ["-1y", "no time"],
    ["--1h", "no time"],
    ["1e9", "no time"],
    ["0x10", "no time"],
    ["NaN", "no time"],
    ["-99999999999h", "no time"],
    [" 1", "no time"],
  ])("%s is refused: %s", (text, reason) => {
    expect(at(text)).toContain(reason);
  });

  it("long text is cut off in what is said of it", () => {
    expect(at("x".repeat(100_000))?.length).toBeLessThan(300);
  });
});

describe("a span", () => {
  it("has units from ms to w", () => {
    expect(["1ms", "2s", "3m", "4h", "5d", "6w", "1h1m1s"].map(parseSpan)).toEqual([
      ...[1, 2000, 180_000, 14_400_000, 432_000_000, 3_628_800_000, 3_661_000],
    ]);
    expect(["", "5", "s", "1 s", "-1s", "1us", "1s5", "101w".repeat(40)].map(parseSpan)).toEqual(
      Array(8).fill(undefined),
    );
  });

  it("of steps is whole seconds within bounds", () => {
    const step = span(10, 3600);
    expect(["10s", "1m", "3600", "1h"].map((text) => step.parse(text))).toEqual([10, 60, 3600, 3600]);
    for (const text of ["9s", "0", "2h", "10.5s", "1500ms", "-10s", "x"])
      expect(step.safeParse(text).success).toBe(false);
  });

  it("back in time is below 0", () => {
    const back = spanBack(10_000, 86_400_000);
    expect(back.parse("-1h")).toBe(-3_600_000);
    for (const text of ["1h", "-1s", "-25h", "-0s", "-"]) expect(back.safeParse(text).success).toBe(false);
  });
});

describe("a range", () => {
  const absolute = (ms: number) => ({ kind: "absolute", ms }) as const;

  it("ends now and is as long as usual, unless told otherwise", () => {
    expect(resolveRange({}, now, 900_000)).toEqual({ from: now - 900_000, to: now });
    expect(resolveRange({ to: absolute(1_000_000) }, now, 900_000)).toEqual({ from: 100_000, to: 1_000_000 });
    expect(resolveRange({ from: { kind: "relative", ms: -60_000 } }, now, 900_000)).toEqual({
      from: now - 60_000,
      to: now,
    });
  });

  it("is refused when it is empty or goes backwards, with both ends named", () => {
    for (const from of [now, now + 1]) {
      const { problem } = resolveRange({ from: absolute(from), to: absolute(now) }, now, 900_000) as {
        problem: string;
      };
      expect(problem).toContain("ends at 2026-03-01T12:00:00.000Z");
    }
  });
});

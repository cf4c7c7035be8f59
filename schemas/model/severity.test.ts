import { describe, expect, it } from "vitest";
import { parseSeverity, severities } from "./severity.ts";

describe("severities", () => {
  it.each([
    ["error", "error"],
    ["ERROR", "error"],
    [" Warning ", "warn"],
    ["Default", "info"],
    ["notice", "info"],
    ["crit", "fatal"],
    ["warnin", undefined],
    ["", undefined],
    ["constructor", undefined],
  ])("%o means %o", (word, severity) => {
    expect(parseSeverity(word)).toBe(severity);
  });

  it("mean themselves", () => {
    for (const severity of severities) expect(parseSeverity(severity)).toBe(severity);
  });
});

import { describe, expect, it } from "vitest";
import { formatTable } from "./text-table.ts";

const columns = [
  { head: "name", alignRight: false },
  { head: "n", alignRight: true },
];

describe("a table for a terminal", () => {
  it("is aligned, and has no space at the end of a line", () => {
    expect(
      formatTable(columns, [
        ["reviews", "5"],
        ["a", "12345"],
        ["naïve 🚲", ""],
      ]),
    ).toBe(["name         n", "reviews      5", "a        12345", "naïve 🚲      -", ""].join("\n"));
    expect(formatTable([...columns].reverse(), [["1", "x"]])).toBe("n  name\n1  x\n");
  });

  it("shows what a terminal would obey, and does not pass it on", () => {
    const hostile = "\u001b]0;owned\u0007a\u009b2Jb\r\nc\u202Ed\u2028e\u200B\uD800";
    const [, line = "", ...rest] = formatTable(columns, [[hostile, "1"]]).split("\n");
    expect(rest).toEqual([""]);
    expect(line).toMatch(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u);
    expect(line).toContain("owned");
  });

  it("cuts off cells that would fill the screen", () => {
    const [, line = ""] = formatTable(columns, [["x".repeat(5000), "1"]]).split("\n");
    expect(line.length).toBeLessThan(80);
    expect(line).toContain("…");
  });
});

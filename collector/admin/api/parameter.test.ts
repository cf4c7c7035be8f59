import { describe, expect, it } from "vitest";
import { z } from "zod";
import { listOf, oneOf, text, toProblems, truth, wholeNumber } from "./parameter.ts";

const schema = z.strictObject({
  level: oneOf(["service", "workload"]).optional(),
  stat: listOf(["p50", "p90", "p99"], { maxItems: 2, wrong: "is no statistic" }).optional(),
  limit: wholeNumber(1, 100).prefault("20"),
  idle: truth.optional(),
  note: text(5).optional(),
});

const read = (parameters: object) => schema.parse(parameters);
function problems(parameters: object) {
  const { error } = schema.safeParse(parameters, { reportInput: true });
  return error === undefined ? [] : toProblems(error, Object.keys(schema.shape));
}

describe("parameters", () => {
  it("are read by type, with defaults", () => {
    expect(read({})).toEqual({ limit: 20 });
    expect(read({ level: "workload", stat: "p99, p99", limit: "100", idle: "false", note: "a, b" })).toEqual({
      ...{ level: "workload", stat: ["p99"], limit: 100, idle: false, note: "a, b" },
    });
  });

  it.each(
    [
      ["0", "1e2", "-1", "101", "1.0", " 1", "+1", "0x1", "１", "9".repeat(400)].map((limit) => ({ limit })),
      ["yes", "TRUE", "1"].map((idle) => ({ idle })),
    ].flat(),
  )("refuses %o", (parameters) => {
    expect(problems(parameters)).toMatchObject([{ parameter: Object.keys(parameters)[0] }]);
  });

  it("are refused with what is allowed and the nearest", () => {
    expect(problems({ level: "services" })).toEqual([
      {
        parameter: "level",
        message: '"services" is not known',
        allowed: ["service", "workload"],
        suggestion: "service",
      },
    ]);
    expect(problems({ stat: "p50,p95" })).toMatchObject([{ parameter: "stat", message: '"p95" is no statistic' }]);
    expect(problems({ stat: "p50,p90,p99" })).toMatchObject([{ parameter: "stat", message: "more than 2 names" }]);
    expect(problems({ note: "too long" })).toEqual([
      { parameter: "note", message: "8 characters are more than the 5 allowed" },
    ]);
  });

  it("are refused when given twice or unknown", () => {
    expect(problems({ level: ["service", "service"], limt: "1" })).toMatchObject([
      { parameter: "level", message: "given more than once" },
      {
        parameter: "limt",
        message: "there is no such parameter",
        suggestion: "limit",
        allowed: Object.keys(schema.shape),
      },
    ]);
  });
});

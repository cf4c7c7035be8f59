import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTupleTable } from "./tuple-table.ts";

const names = ["a", "b"];
const table = (over: Partial<Parameters<typeof createTupleTable>[0]> = {}) =>
  createTupleTable({ names, maxTuples: 100, maxCharacters: 10_000, idleMs: 1000, now: () => 0, ...over });

describe("a tuple table", () => {
  it("gives the same object for the same values, and another for others", () => {
    const tuples = table();
    const first = tuples.intern(["x", "y"]);
    expect(first).toEqual({ names, values: ["x", "y"] });
    expect(tuples.intern(["x", "y"])).toBe(first);
    expect(tuples.intern(["y", "x"])).not.toBe(first);
    expect(tuples.size).toBe(2);
  });

  it("never mixes up values that would be equal when joined", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 80 }), (pairs) => {
        const tuples = table();
        for (const pair of pairs) expect(tuples.intern(pair).values).toEqual(pair);
        expect(tuples.size).toBe(new Set(pairs.map((pair) => JSON.stringify(pair))).size);
      }),
    );
  });

  it("stays within its bound and blames the label with the most values", () => {
    const tuples = table({ maxTuples: 10 });
    for (let n = 0; n < 10; n++) tuples.intern(["same", `v${n}`]);
    const overflow = tuples.intern(["same", "one more"]);
    expect(overflow).toEqual({ names, values: ["", "{other}"], overflow: "b" });
    expect(tuples.intern(["same", "another"])).toBe(overflow);
    expect(tuples.intern(["same", "v3"]).values).toEqual(["same", "v3"]);
    expect([tuples.size, tuples.overflows]).toEqual([10, 2]);
  });

  it("makes room by dropping tuples out of use, and only those", () => {
    let time = 0;
    const tuples = table({ maxTuples: 10, idleMs: 50_000, now: () => time });
    const busy = tuples.intern(["busy", ""]);
    for (let n = 1; n < 10; n++) tuples.intern(["old", `${n}`]);
    time = 70_000;
    for (let n = 0; n < 1024; n++) tuples.intern(["busy", ""]);
    expect(tuples.intern(["new", "1"]).values).toEqual(["new", "1"]);
    expect(tuples.intern(["busy", ""])).toBe(busy);
    expect(tuples.size).toBe(2);
  });

  it("stays within its bound of characters, and goes on taking short texts", () => {
    const tuples = table({ maxCharacters: 1000 });
    tuples.intern(["host", "x".repeat(900)]);
    expect(tuples.intern(["host", "y".repeat(900)])).toMatchObject({ overflow: expect.anything() });
    expect(tuples.intern(["host", "short"]).values).toEqual(["host", "short"]);
    expect([tuples.size, tuples.overflows]).toEqual([2, 1]);
  });

  it("takes no labels at all", () => {
    const tuples = table({ names: [] });
    expect(tuples.intern([])).toBe(tuples.intern([]));
  });
});

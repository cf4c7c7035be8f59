import { describe, expect, it } from "vitest";
import { z } from "zod";
import { bucketFault, toBounds } from "./buckets.ts";
import { seriesSettings } from "./config.ts";

const config = z.strictObject(seriesSettings);

describe("toBounds", () => {
  it("spaces bounds equally or by a factor, without the noise of binary fractions", () => {
    expect(toBounds({ linear: { start: 0.1, width: 0.1, count: 4 } }, undefined)).toEqual([0.1, 0.2, 0.3, 0.4]);
    expect(toBounds({ exponential: { start: 1, factor: 10, count: 3 } }, undefined)).toEqual([1, 10, 100]);
  });

  it("takes a list as it is", () => expect(toBounds([1, 2], undefined)).toEqual([1, 2]));

  it("has defaults for seconds and for the rest", () => {
    expect(toBounds(undefined, "seconds").at(-1)).toBe(10);
    expect(toBounds(undefined, "milliseconds")).toHaveLength(19);
    expect(toBounds(undefined, undefined).at(-1)).toBe(3_600_000);
  });
});

describe("bucketFault", () => {
  it.each([
    [[1, 2, 3], undefined],
    [[-1, 0, 1], undefined],
    [[1, 1], "must ascend: 1 follows 1"],
    [[2, 1], "must ascend: 1 follows 2"],
    [{ linear: { start: 0, width: 5, count: 500 } }, undefined],
    [{ linear: { start: 1e15, width: 0.001, count: 3 } }, "must ascend"],
    [{ exponential: { start: 1, factor: 10, count: 400 } }, "beyond what a number can hold"],
    [{ exponential: { start: 0, factor: 2, count: 4 } }, "must be above 0"],
  ])("%j: %s", (buckets, message) => {
    const fault = bucketFault(buckets);
    if (message === undefined) expect(fault).toBeUndefined();
    else expect(fault?.message).toContain(message);
  });

  it.each([
    [[]],
    [[1, Infinity]],
    [Array.from({ length: 501 }, (_, i) => i)],
    [{ linear: { start: 0, width: 5, count: 501 } }],
    [{ linear: { start: 0, width: 0, count: 5 } }],
    [{ exponential: { start: 1, factor: 1, count: 5 } }],
    [{ linear: { start: 0, width: 1, count: 5 }, exponential: { start: 1, factor: 2, count: 5 } }],
  ])("leaves %j to the schema, which refuses it", (buckets) => {
    expect(config.safeParse({ metrics: { a: { kind: "histogram", buckets } } }).success).toBe(false);
  });

  it("names the place in a list", () => expect(bucketFault([1, 3, 2])?.path).toEqual([2]));
});

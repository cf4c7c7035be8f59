import { describe, expect, it } from "vitest";
import type { PlainValue } from "../../schemas/model/instance.ts";
import { aPoint } from "../testing/instances.ts";
import type { Attributes } from "./attributes.ts";
import { isFinitePoint, toMetric } from "./metrics.ts";

const fitted = (fields: Readonly<Record<string, PlainValue>>) => fields as Attributes;
const endMs = 1_700_000_000_000;
const histogram = { kind: "histogram", count: 3, sum: 6, bounds: [1], buckets: [1, 2] } as const;

describe("a point", () => {
  it("of a counter is a count over its time", () => {
    const point = aPoint("requests", {
      name: "mesh.requests",
      labels: { code: "200" },
      data: { kind: "counter", value: 7 },
    });
    expect(toMetric(point, fitted)).toEqual({
      name: "mesh.requests",
      type: "count",
      value: 7,
      timestamp: endMs - 10_000,
      "interval.ms": 10_000,
      attributes: { code: "200" },
    });
  });

  it("of no time at all lasts a millisecond", () => {
    expect(toMetric(aPoint("requests", { startMs: endMs }), fitted)).toMatchObject({ "interval.ms": 1 });
  });

  it("of a gauge is a gauge at its moment", () => {
    expect(toMetric(aPoint("level", { data: { kind: "gauge", value: -1.5 } }), fitted)).toEqual({
      name: "level",
      type: "gauge",
      value: -1.5,
      timestamp: endMs,
      attributes: {},
    });
  });

  it("of a histogram is a summary", () => {
    expect(toMetric(aPoint("wait", { data: { ...histogram, min: 0.5, max: 3 } }), fitted)).toMatchObject({
      type: "summary",
      value: { count: 3, sum: 6, min: 0.5, max: 3 },
      timestamp: endMs - 10_000,
      "interval.ms": 10_000,
    });
    expect(toMetric(aPoint("wait", { data: histogram }), fitted)).toMatchObject({ value: { min: 2, max: 2 } });
  });
});

describe("a point that JSON cannot carry", () => {
  it.each([NaN, Infinity, -Infinity])("%s", (value) => {
    expect(isFinitePoint(aPoint("level", { data: { kind: "gauge", value } }))).toBe(false);
    expect(isFinitePoint(aPoint("wait", { data: { ...histogram, sum: value } }))).toBe(false);
    expect(isFinitePoint(aPoint("wait", { data: { ...histogram, min: 1, max: value } }))).toBe(false);
    expect(isFinitePoint(aPoint("wait", { data: histogram }))).toBe(true);
  });
});

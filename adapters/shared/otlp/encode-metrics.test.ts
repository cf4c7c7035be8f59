import { fromBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  AggregationTemporality,
  type HistogramDataPoint,
  type Metric,
  MetricsDataSchema,
  type NumberDataPoint,
} from "../../../schemas/gen/opentelemetry/proto/metrics/v1/metrics_pb.js";
import type { PointInstance } from "../../../schemas/model/instance.ts";
import { aPoint } from "../../testing/instances.ts";
import { createMetricEncoder } from "./encode-metrics.ts";
import { plainAttributes } from "./plain.fixture.ts";

const encoder = createMetricEncoder({ "service.name": "mixdown" });

function decode(...points: PointInstance[]): Metric[] {
  const { resourceMetrics } = fromBinary(MetricsDataSchema, encoder.encode(points));
  expect(resourceMetrics).toHaveLength(1);
  expect(plainAttributes(resourceMetrics[0]!.resource!.attributes)).toEqual({ "service.name": "mixdown" });
  return resourceMetrics[0]!.scopeMetrics[0]!.metrics;
}

/** The points of the only metric. */
function pointsOf(...points: PointInstance[]): (NumberDataPoint | HistogramDataPoint)[] {
  return decode(...points)[0]!.data.value!.dataPoints as (NumberDataPoint | HistogramDataPoint)[];
}

const histogram = {
  kind: "histogram",
  count: 6,
  sum: 12.5,
  min: 0.5,
  max: 9,
  bounds: [1, 5],
  buckets: [1, 2, 3],
} as const;

describe("metrics", () => {
  it("are monotonic sums, gauges and histograms, each with its points together", () => {
    const metrics = decode(
      aPoint("requests", { help: "All.", labels: { path: "/a" } }),
      aPoint("load", { data: { kind: "gauge", value: -1.5 } }),
      aPoint("requests", { help: "All.", labels: { path: "/b" } }),
      aPoint("duration", { unit: "seconds", data: histogram, temporality: "cumulative" }),
    );
    expect(metrics.map(({ name, description, unit, data }) => [name, description, unit, data.case])).toEqual([
      ["requests", "All.", "", "sum"],
      ["load", "", "", "gauge"],
      ["duration", "", "s", "histogram"],
    ]);
    const [sum, , distribution] = metrics.map(({ data }) => data.value!);
    expect(sum).toMatchObject({ isMonotonic: true, aggregationTemporality: AggregationTemporality.DELTA });
    expect(distribution).toMatchObject({ aggregationTemporality: AggregationTemporality.CUMULATIVE });
    expect(sum!.dataPoints.map(({ attributes }) => plainAttributes(attributes))).toEqual([
      { path: "/a" },
      { path: "/b" },
    ]);
  });

  it("of both temporalities are told apart", () => {
    expect(decode(aPoint("requests"), aPoint("requests", { temporality: "cumulative" }))).toHaveLength(2);
  });

  it.each([
    ["milliseconds", "ms"],
    ["bytes", "By"],
    ["days", "d"],
    ["{request}", "{request}"],
  ])("have the unit %s as %s", (unit, spelled) => {
    expect(decode(aPoint("a", { unit }))[0]!.unit).toBe(spelled);
  });
});

describe("points", () => {
  it("have their time, value and labels", () => {
    const point = aPoint("a", {
      startMs: 1_700_000_000_001,
      timeMs: 1_700_000_010_250,
      labels: { "source.workload": "web", empty: "" },
      data: { kind: "counter", value: 2 ** 53 },
    });
    expect(pointsOf(point)[0]).toMatchObject({
      startTimeUnixNano: 1_700_000_000_001_000_000n,
      timeUnixNano: 1_700_000_010_250_000_000n,
      value: { case: "asDouble", value: 2 ** 53 },
      flags: 0,
    });
    expect(plainAttributes(pointsOf(point)[0]!.attributes)).toEqual({ "source.workload": "web", empty: "" });
  });

  it("of histograms have buckets, bounds, sum and extremes", () => {
    const { count, sum, min, max, bucketCounts, explicitBounds } = pointsOf(
      aPoint("a", { data: histogram }),
    )[0] as HistogramDataPoint;
    expect([count, sum, min, max]).toEqual([6n, 12.5, 0.5, 9]);
    expect(bucketCounts).toEqual([1n, 2n, 3n]);
    expect(explicitBounds).toEqual([1, 5]);
  });

  it("of histograms have no sum where values may be below zero, and no extremes where none are known", () => {
    const { min: _, max: __, ...rest } = histogram;
    const point = pointsOf(aPoint("a", { data: { ...rest, bounds: [-1, 5] } }))[0] as HistogramDataPoint;
    expect([point.sum, point.min, point.max]).toEqual([undefined, undefined, undefined]);
  });

  it("of histograms count exactly up to 2^53", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (count) => {
        const [point] = pointsOf(aPoint("a", { data: { ...histogram, count, buckets: [0, 0, count] } }));
        expect((point as HistogramDataPoint).bucketCounts[2]).toBe(BigInt(count));
        expect((point as HistogramDataPoint).count).toBe(BigInt(count));
      }),
    );
  });

  it("that end a series have no value, and say so", () => {
    for (const data of [histogram, { kind: "counter", value: 5 } as const]) {
      const [point] = pointsOf(aPoint("a", { data, ended: true }));
      expect(point!.flags).toBe(1);
      if ("value" in point!) expect(point.value.case).toBeUndefined();
      else expect(point!.bucketCounts).toEqual([]);
    }
  });

  it("carry exemplars with ids of 128 bits", () => {
    const timeMs = 1_700_000_000_000;
    const exemplars = [
      { traceId: "0af7651916cd43dd8448eb211c80319c", value: 0.25, timeMs },
      { traceId: "8448eb211c80319c", value: 7, timeMs },
    ];
    for (const data of [histogram, { kind: "counter", value: 5 } as const]) {
      const read = pointsOf(aPoint("a", { data, exemplars }))[0]!.exemplars;
      expect(read.map(({ traceId }) => Buffer.from(traceId).toString("hex"))).toEqual([
        "0af7651916cd43dd8448eb211c80319c",
        "00000000000000008448eb211c80319c",
      ]);
      expect(read.map(({ value }) => value.value)).toEqual([0.25, 7]);
      expect(read[0]!.timeUnixNano).toBe(1_700_000_000_000_000_000n);
    }
  });
});

describe("sizeOf", () => {
  it("is what a point adds to a request at the most", () => {
    const points = Array.from({ length: 50 }, (_, i) =>
      aPoint("requests", { labels: { path: `/${"x".repeat(i * 10)}` } }),
    );
    const sum = points.reduce((total, point) => total + encoder.sizeOf(point), 0);
    expect(encoder.encode(points).length - encoder.encode([]).length).toBeLessThanOrEqual(sum);
  });
});

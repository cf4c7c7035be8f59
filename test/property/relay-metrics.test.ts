import { equals, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat } from "../../adapters/shared/otlp/relayed.ts";
import { createMetricDecoder } from "../../collector/decode/otlp-metrics.ts";
import {
  type Metric,
  type MetricsData,
  MetricsDataSchema,
  ResourceMetricsSchema,
} from "../../schemas/gen/opentelemetry/proto/metrics/v1/metrics_pb.js";
import type { MetricPiece } from "../../schemas/model/metric.ts";
import { aGauge, aMetricsRequest, aPoint, aSum } from "../support/otlp-metric.ts";
import { recordingsIn } from "../support/otlp-recordings.ts";
import { arbitraryMetrics } from "./arbitrary-metrics.ts";

const decoder = createMetricDecoder({ now: () => Date.parse("2199-12-31T00:00:00Z"), steps: 3 });

/** Every point with all that is around it, as bytes: unknown fields and all. Metrics without points stand for themselves. */
function pointsIn(data: MetricsData): string[] {
  return data.resourceMetrics.flatMap((resource) =>
    resource.scopeMetrics.flatMap((scope) =>
      scope.metrics.flatMap(alone).map((metric) => {
        const one = { ...resource, scopeMetrics: [{ ...scope, metrics: [metric] }] };
        return Buffer.from(toBinary(ResourceMetricsSchema, one)).toString("base64");
      }),
    ),
  );
}

/** A metric of several points as metrics of one each. */
function alone(metric: Metric): Metric[] {
  const { data } = metric;
  const points: readonly unknown[] = data.value?.dataPoints ?? [];
  if (points.length < 2) return [metric];
  return points.map((point) => ({
    ...metric,
    data: { case: data.case, value: { ...data.value, dataPoints: [point] } } as never,
  }));
}

const countIn = (data: MetricsData): number =>
  data.resourceMetrics
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
    .reduce((sum, { data: { value } }) => sum + (value?.dataPoints.length ?? 0), 0);

const read = (bytes: Uint8Array) => fromBinary(MetricsDataSchema, bytes);
const joined = (pieces: readonly MetricPiece[]) => read(concat(pieces.map(({ bytes }) => bytes)));

function cut(bytes: Uint8Array, isSelected: (place: number) => boolean) {
  const batch = decoder.read(bytes, { source: "otlp", answered: true });
  const places: number[] = [];
  do {
    batch.resume();
    while (batch.next() !== undefined) if (isSelected(batch.place)) places.push(batch.place);
  } while (batch.more);
  return { pieces: batch.cut(places), places, batch };
}

describe("a request of metrics relayed", () => {
  it("gives the same set of points, each with its metric, scope and resource, unknown fields included", () => {
    fc.assert(
      fc.property(arbitraryMetrics, (data) => {
        const { pieces, batch } = cut(toBinary(MetricsDataSchema, data), () => true);
        expect(batch.rejected).toEqual([]);
        expect(pointsIn(joined(pieces)).sort()).toEqual(pointsIn(data).sort());
        expect(pieces.reduce((sum, { points }) => sum + points, 0)).toBe(countIn(data));
        expect(batch.acceptedPoints).toBe(countIn(data));
      }),
      { numRuns: 300 },
    );
  });

  it.each(recordingsIn("otlp-metrics.jsonl"))("$note", ({ bytes, json }) => {
    const { pieces } = cut(bytes, () => true);
    // Envoy sends one resource and one scope: nothing is left to be cut, and the bytes are the same.
    expect(Buffer.from(concat(pieces.map((piece) => piece.bytes))).equals(bytes)).toBe(true);
    if (json !== null) expect(equals(MetricsDataSchema, joined(pieces), read(bytes))).toBe(true);
  });

  it("gives the metrics that were selected, and no others", () => {
    fc.assert(
      fc.property(arbitraryMetrics, fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }), (data, pattern) => {
        const { pieces, places } = cut(toBinary(MetricsDataSchema, data), (place) => pattern[place % pattern.length]!);
        const metricsOf = ({ resourceMetrics }: MetricsData) =>
          resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
        const all = metricsOf(data);
        expect(metricsOf(joined(pieces)).map(({ name }) => name)).toEqual(
          places.map((place) => all[place]!.name.toWellFormed()),
        );
      }),
      { numRuns: 200 },
    );
  });
});

it("cuts a metric of many points between them, into pieces that fit into any request", () => {
  const points = Array.from({ length: 20_000 }, (_, i) => aPoint(i, { path: `/some/longer/path/${i}`, code: 200 }));
  const bytes = aMetricsRequest(
    [aGauge("first", [aPoint(1)]), aSum("large", points, "delta", true, "s"), aGauge("last", [])],
    {
      "service.name": "cart",
    },
  );
  const { pieces } = cut(bytes, () => true);
  expect(bytes.length).toBeGreaterThan(1_000_000);
  expect(pieces.length).toBeGreaterThan(4);
  for (const piece of pieces) expect(piece.bytes.length).toBeLessThan(530_000);
  expect(pointsIn(joined(pieces)).sort()).toEqual(pointsIn(read(bytes)).sort());
});

import { fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, it } from "vitest";
import { MetricsDataSchema } from "../../../schemas/gen/opentelemetry/proto/metrics/v1/metrics_pb.js";
import { arbitraryMetrics } from "../../../test/property/arbitrary-metrics.ts";
import { type MetricHead, readMetrics } from "./read-metrics.ts";

const kinds = { exponentialHistogram: "exponential" } as Readonly<Record<string, string>>;
const numbers = (list: readonly bigint[] = []) => list.map(Number);

/** Everything that the reader finds, in the form of `expectedOf`. */
function foundIn(bytes: Uint8Array) {
  const found: unknown[] = [];
  let head: MetricHead | undefined;
  readMetrics(bytes, {
    resource: () => {},
    scope: () => {},
    metric: (metric) => {
      head = metric;
      found.push(metric);
    },
    point: (point) => {
      const { startMs, timeMs, hasEnded, value, count, sum, scale, zeroCount, zeroThreshold } = point;
      const lists = [point.counts, point.bounds, point.quantiles].map((list) => [...list]);
      const halves = [point.positive, point.negative].map(({ offset, counts }) => [offset, ...counts]);
      let attributes = 0;
      point.eachAttribute(() => attributes++);
      const plain = [startMs, timeMs, hasEnded, value, count, sum, scale, zeroCount, zeroThreshold, attributes];
      found.push([head?.kind, ...plain, ...lists, ...halves]);
    },
  });
  return found;
}

/** The same from generated code. */
function expectedOf(bytes: Uint8Array) {
  const { resourceMetrics } = fromBinary(MetricsDataSchema, bytes);
  return resourceMetrics
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
    .filter(({ data }) => data.case !== undefined)
    .flatMap(({ name, description, unit, data }) => {
      const { aggregationTemporality = 0, isMonotonic = false, dataPoints = [] } = data.value as never as Data;
      const kind = kinds[data.case as string] ?? data.case;
      const temporality = [undefined, "delta", "cumulative"][aggregationTemporality];
      return [
        { name, description, unit, kind, temporality, isMonotonic },
        ...dataPoints.map((each) => pointOf(kind, each)),
      ];
    });
}

interface Data {
  readonly aggregationTemporality?: number;
  readonly isMonotonic?: boolean;
  readonly dataPoints?: readonly Point[];
}

type Point = Readonly<Record<string, unknown>> & {
  readonly startTimeUnixNano: bigint;
  readonly timeUnixNano: bigint;
  readonly flags: number;
  readonly attributes: readonly unknown[];
};

function pointOf(kind: string | undefined, point: Point) {
  const value = (point.value as { value?: number | bigint } | undefined)?.value;
  const half = (side: unknown) => {
    const { offset = 0, bucketCounts = [] } = (side ?? {}) as { offset?: number; bucketCounts?: bigint[] };
    return [offset, ...numbers(bucketCounts)];
  };
  const quantiles = (point.quantileValues ?? []) as { quantile: number; value: number }[];
  return [
    kind,
    ...[Number(point.startTimeUnixNano) / 1e6, Number(point.timeUnixNano) / 1e6, (point.flags & 1) === 1],
    ...[value === undefined ? undefined : Number(value), Number(point.count ?? 0), sumOf(kind, point)],
    ...[point.scale ?? 0, Number(point.zeroCount ?? 0), point.zeroThreshold ?? 0, point.attributes.length],
    numbers(kind === "histogram" ? (point.bucketCounts as bigint[]) : []),
    [...((point.explicitBounds ?? []) as number[])],
    quantiles.flatMap((each) => [each.quantile, each.value]),
    half(point.positive),
    half(point.negative),
  ];
}

/** A summary has no sum where it is 0: proto3 leaves it out. */
const sumOf = (kind: string | undefined, { sum }: Point): unknown =>
  kind === "summary" && Object.is(sum, 0) ? undefined : sum;

/** The numbers in what was found, and all the rest as text. */
function apart(found: unknown) {
  const numbers: number[] = [];
  const rest = JSON.stringify(found, (_, value) => {
    if (typeof value !== "number") return value;
    numbers.push(value);
    return "number";
  });
  return { numbers, rest };
}

/** Numbers beyond 2^53 are as exact as a double can be, give or take its last bit. */
const isSame = (one: number, other: number) =>
  Object.is(one, other) || Math.abs(one - other) <= 1e-15 * Math.abs(other);

it("finds in metrics of every kind what generated code finds", () => {
  fc.assert(
    fc.property(arbitraryMetrics, (data) => {
      const bytes = toBinary(MetricsDataSchema, data);
      const [found, expected] = [apart(foundIn(bytes)), apart(expectedOf(bytes))];
      expect(found.rest).toBe(expected.rest);
      expect(found.numbers.filter((number, place) => !isSame(number, expected.numbers[place]!))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

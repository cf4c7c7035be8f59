import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import {
  ExemplarSchema,
  ExponentialHistogramDataPoint_BucketsSchema,
  ExponentialHistogramDataPointSchema,
  ExponentialHistogramSchema,
  GaugeSchema,
  HistogramDataPointSchema,
  HistogramSchema,
  type Metric,
  MetricSchema,
  type MetricsData,
  MetricsDataSchema,
  NumberDataPointSchema,
  ResourceMetricsSchema,
  ScopeMetricsSchema,
  SummaryDataPoint_ValueAtQuantileSchema,
  SummaryDataPointSchema,
  SummarySchema,
  SumSchema,
} from "../../schemas/gen/opentelemetry/proto/metrics/v1/metrics_pb.js";
import { attributes, nanos, resource, scope, text, unknownToo } from "./arbitrary-traces.ts";

const double = fc.double({ noNaN: true });
const count = fc.bigInt(0n, 2n ** 64n - 1n);
const sint32 = fc.oneof(fc.integer({ min: -20, max: 20 }), fc.integer());
const temporality = fc.integer({ min: 0, max: 2 });
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const name = text.filter((made) => made.toWellFormed().length > 0);

const exemplar = unknownToo(
  fc
    .record({ timeUnixNano: nanos, filteredAttributes: attributes, traceId: fc.uint8Array({ maxLength: 16 }) })
    .map((made) => create(ExemplarSchema, { ...made, value: { case: "asDouble", value: 1.5 } })),
);
const around = { startTimeUnixNano: nanos, timeUnixNano: nanos, attributes, flags: fc.nat(1) };
const exemplars = fc.array(exemplar, { maxLength: 2 });

const number = unknownToo(
  fc
    .record({
      ...{ ...around, exemplars },
      value: fc.oneof(
        double.map((value) => ({ case: "asDouble" as const, value })),
        fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map((value) => ({ case: "asInt" as const, value })),
        fc.constant({ case: undefined, value: undefined }),
      ),
    })
    .map((made) => create(NumberDataPointSchema, made as never)),
);
const points = fc.array(number, { maxLength: 4 });

const histogram = unknownToo(
  fc
    .record({
      ...{ ...around, exemplars, count },
      ...{ sum: optional(double), min: optional(double), max: optional(double) },
      explicitBounds: fc.uniqueArray(fc.double({ noNaN: true, noDefaultInfinity: true }), {
        maxLength: 5,
        comparator: (a, b) => a === b,
      }),
      hasBuckets: fc.boolean(),
    })
    .map(({ hasBuckets, explicitBounds, ...made }) => {
      const bounds = hasBuckets ? [...explicitBounds].sort((a, b) => a - b) : [];
      const bucketCounts = hasBuckets ? [...bounds, 0].map((_, i) => BigInt(i)) : [];
      return create(HistogramDataPointSchema, { ...made, explicitBounds: bounds, bucketCounts } as never);
    }),
);

const buckets = optional(
  unknownToo(
    fc
      .record({ offset: sint32, bucketCounts: fc.array(count, { maxLength: 5 }) })
      .map((made) => create(ExponentialHistogramDataPoint_BucketsSchema, made)),
  ),
);
const exponential = unknownToo(
  fc
    .record({
      ...{ ...around, exemplars, count, scale: sint32, zeroCount: count, zeroThreshold: double },
      ...{ sum: optional(double), positive: buckets, negative: buckets },
    })
    .map((made) => create(ExponentialHistogramDataPointSchema, made as never)),
);

const summary = unknownToo(
  fc
    .record({
      ...{ ...around, count, sum: double },
      quantileValues: fc.array(
        unknownToo(
          fc
            .record({ quantile: double, value: double })
            .map((made) => create(SummaryDataPoint_ValueAtQuantileSchema, made)),
        ),
        { maxLength: 3 },
      ),
    })
    .map((made) => create(SummaryDataPointSchema, made)),
);

const several = <T>(point: fc.Arbitrary<T>) => fc.array(point, { maxLength: 4 });
const data = fc.oneof(
  unknownToo(points.map((dataPoints) => create(GaugeSchema, { dataPoints }))).map((value) => ({
    ...{ case: "gauge" as const, value },
  })),
  unknownToo(
    fc
      .record({ dataPoints: points, aggregationTemporality: temporality, isMonotonic: fc.boolean() })
      .map((made) => create(SumSchema, made)),
  ).map((value) => ({ case: "sum" as const, value })),
  unknownToo(
    fc
      .record({ dataPoints: several(histogram), aggregationTemporality: temporality })
      .map((made) => create(HistogramSchema, made)),
  ).map((value) => ({ case: "histogram" as const, value })),
  unknownToo(
    fc
      .record({ dataPoints: several(exponential), aggregationTemporality: temporality })
      .map((made) => create(ExponentialHistogramSchema, made)),
  ).map((value) => ({ case: "exponentialHistogram" as const, value })),
  several(summary).map((dataPoints) => ({
    ...{ case: "summary" as const, value: create(SummarySchema, { dataPoints }) },
  })),
  fc.constant({ case: undefined, value: undefined }),
);

/** Metrics that are sound, of every kind and field, with unknown fields between. */
export const arbitraryMetric: fc.Arbitrary<Metric> = unknownToo(
  fc
    .record({ name, description: text, unit: text, metadata: attributes, data })
    .map((made) => create(MetricSchema, made as never)),
);

const scopeMetrics = unknownToo(
  fc
    .record({ scope, metrics: fc.array(arbitraryMetric, { maxLength: 4 }), schemaUrl: text })
    .map((made) => create(ScopeMetricsSchema, made)),
);
const resourceMetrics = unknownToo(
  fc
    .record({ resource, scopeMetrics: fc.array(scopeMetrics, { maxLength: 3 }), schemaUrl: text })
    .map((made) => create(ResourceMetricsSchema, made)),
);

/** Requests of any number of resources, scopes and metrics. */
export const arbitraryMetrics: fc.Arbitrary<MetricsData> = unknownToo(
  fc.array(resourceMetrics, { maxLength: 3 }).map((all) => create(MetricsDataSchema, { resourceMetrics: all })),
);

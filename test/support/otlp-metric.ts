import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  AggregationTemporality,
  type ExponentialHistogramDataPointSchema,
  type HistogramDataPointSchema,
  type Metric,
  MetricSchema,
  MetricsDataSchema,
  NumberDataPointSchema,
  type SummaryDataPointSchema,
} from "../../schemas/gen/opentelemetry/proto/metrics/v1/metrics_pb.js";
import { keyValues } from "./otlp-span.ts";

type Plain = string | number | bigint | boolean;
type Attributes = Readonly<Record<string, Plain>>;

/** Nanoseconds of the moment at which points of `aGauge` and the like are. */
export const pointTime = 1_795_345_979_000_000_000n;

/** A point of a number. */
export function aPoint(
  value: number,
  attributes: Attributes = {},
  rest: MessageInitShape<typeof NumberDataPointSchema> = {},
) {
  return create(NumberDataPointSchema, {
    timeUnixNano: pointTime,
    value: { case: "asDouble", value },
    attributes: keyValues(attributes),
    ...rest,
  });
}

/** A gauge of these points. */
export function aGauge(name: string, dataPoints: readonly ReturnType<typeof aPoint>[], unit = ""): Metric {
  return create(MetricSchema, { name, unit, data: { case: "gauge", value: { dataPoints: [...dataPoints] } } });
}

/** A counter of these points. */
export function aSum(
  name: string,
  dataPoints: readonly ReturnType<typeof aPoint>[],
  temporality: "delta" | "cumulative" = "cumulative",
  isMonotonic = true,
  unit = "",
): Metric {
  const aggregationTemporality = temporalities[temporality];
  const value = { dataPoints: [...dataPoints], aggregationTemporality, isMonotonic };
  return create(MetricSchema, { name, unit, data: { case: "sum", value } });
}

/** Temporalities of OTLP. */
export const temporalities = {
  delta: AggregationTemporality.DELTA,
  cumulative: AggregationTemporality.CUMULATIVE,
} as const;

/** A request of one resource and one scope. */
export function aMetricsRequest(
  metrics: readonly Metric[],
  resource: Attributes = {},
  scope: { readonly name?: string; readonly version?: string } = {},
): Uint8Array {
  const scopeMetrics = [{ scope, metrics: [...metrics] }];
  const data = { resourceMetrics: [{ resource: { attributes: keyValues(resource) }, scopeMetrics }] };
  return toBinary(MetricsDataSchema, create(MetricsDataSchema, data));
}

/** A histogram of these points. */
export function aHistogram(
  name: string,
  dataPoints: readonly MessageInitShape<typeof HistogramDataPointSchema>[],
  temporality: "delta" | "cumulative" = "cumulative",
  unit = "",
): Metric {
  const points = dataPoints.map((point) => ({ timeUnixNano: pointTime, ...point }));
  const value = { dataPoints: points, aggregationTemporality: temporalities[temporality] };
  return create(MetricSchema, { name, unit, data: { case: "histogram", value } });
}

/** An exponential histogram of these points. */
export function anExponential(
  name: string,
  dataPoints: readonly MessageInitShape<typeof ExponentialHistogramDataPointSchema>[],
  temporality: "delta" | "cumulative" = "cumulative",
): Metric {
  const points = dataPoints.map((point) => ({ timeUnixNano: pointTime, ...point }));
  const value = { dataPoints: points, aggregationTemporality: temporalities[temporality] };
  return create(MetricSchema, { name, data: { case: "exponentialHistogram", value } });
}

/** A summary of these points. */
export function aSummary(name: string, dataPoints: readonly MessageInitShape<typeof SummaryDataPointSchema>[]): Metric {
  const points = dataPoints.map((point) => ({ timeUnixNano: pointTime, ...point }));
  return create(MetricSchema, { name, data: { case: "summary", value: { dataPoints: points } } });
}

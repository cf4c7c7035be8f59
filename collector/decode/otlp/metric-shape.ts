import type { MetricKind } from "../../../schemas/model/metric.ts";

/** What a known field of a point holds. */
export type PointRole =
  | "time"
  /** A double, or a whole number of eight bytes. */
  | "fixed64"
  | "varint"
  | "attribute"
  | "exemplar"
  /** Repeated numbers of eight bytes, packed or not. */
  | "counts"
  | "bounds"
  | "buckets"
  | "quantile";

/** The known fields of a kind of point, by number. */
export type PointShape = readonly (PointRole | undefined)[];

/** A field of Metric that holds data, and what its points look like. */
export interface DataShape {
  readonly kind: MetricKind;
  readonly point: PointShape;
}

const shape = (fields: Readonly<Record<number, PointRole>>): PointShape =>
  Array.from({ length: Math.max(...Object.keys(fields).map(Number)) + 1 }, (_, number) => fields[number]);

/** NumberDataPoint: start = 2, time = 3, as_double = 4, exemplars = 5, as_int = 6, attributes = 7, flags = 8. */
const numbers = shape({
  ...{ 2: "time", 3: "time", 4: "fixed64", 5: "exemplar", 6: "fixed64", 7: "attribute", 8: "varint" },
} as const);

/** HistogramDataPoint: count = 4, sum = 5, bucket_counts = 6, explicit_bounds = 7, exemplars = 8, attributes = 9, flags = 10, min = 11, max = 12. */
const histograms = shape({
  ...{ 2: "time", 3: "time", 4: "fixed64", 5: "fixed64", 6: "counts", 7: "bounds", 8: "exemplar" },
  ...{ 9: "attribute", 10: "varint", 11: "fixed64", 12: "fixed64" },
} as const);

/**
 * ExponentialHistogramDataPoint: attributes = 1, count = 4, sum = 5, scale = 6, zero_count = 7, positive = 8, negative = 9, flags = 10,
 * exemplars = 11, min = 12, max = 13, zero_threshold = 14.
 */
const exponentials = shape({
  ...{ 1: "attribute", 2: "time", 3: "time", 4: "fixed64", 5: "fixed64", 6: "varint", 7: "fixed64" },
  ...{ 8: "buckets", 9: "buckets", 10: "varint", 11: "exemplar", 12: "fixed64", 13: "fixed64", 14: "fixed64" },
} as const);

/** SummaryDataPoint: count = 4, sum = 5, quantile_values = 6, attributes = 7, flags = 8. */
const summaries = shape({
  ...{ 2: "time", 3: "time", 4: "fixed64", 5: "fixed64", 6: "quantile", 7: "attribute", 8: "varint" },
} as const);

/** Metric: gauge = 5, sum = 7, histogram = 9, exponential_histogram = 10, summary = 11; in each of them data_points = 1. */
export const dataShapes: ReadonlyMap<number, DataShape> = new Map([
  [5, { kind: "gauge", point: numbers }],
  [7, { kind: "sum", point: numbers }],
  [9, { kind: "histogram", point: histograms }],
  [10, { kind: "exponential_histogram", point: exponentials }],
  [11, { kind: "summary", point: summaries }],
]);

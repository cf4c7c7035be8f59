import type { PointData, PointInstance } from "../../schemas/model/instance.ts";
import type { Attributes, Fit } from "./attributes.ts";

/** A metric in the form of the Metric API. */
export type Metric = {
  readonly name: string;
  readonly timestamp: number;
  readonly attributes: Attributes;
} & (
  | { readonly type: "gauge"; readonly value: number }
  | { readonly type: "count"; readonly value: number; readonly "interval.ms": number }
  | { readonly type: "summary"; readonly value: Summary; readonly "interval.ms": number }
);

type HistogramData = Extract<PointData, { kind: "histogram" }>;

interface Summary {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

/** The metric that a point becomes: counters are counts, histograms summaries, each over the time since the last harvest. */
export function toMetric(point: PointInstance, fitted: Fit): Metric {
  const { name, startMs, timeMs, data } = point;
  const attributes = fitted(point.labels);
  const interval = { timestamp: startMs, "interval.ms": Math.max(1, timeMs - startMs), attributes };
  if (data.kind === "histogram") return { name, type: "summary", value: toSummary(data), ...interval };
  if (data.kind === "counter") return { name, type: "count", value: data.value, ...interval };
  return { name, type: "gauge", value: data.value, timestamp: timeMs, attributes };
}

/** True if a point holds numbers only: JSON has no others, and New Relic drops them. */
export function isFinitePoint({ data }: PointInstance): boolean {
  const numbers = data.kind === "histogram" ? Object.values(toSummary(data)) : [data.value];
  return numbers.every(Number.isFinite);
}

/** Harvests give extremes; the mean stands in for those of points made otherwise. */
function toSummary({ count, sum, min = sum / count, max = sum / count }: HistogramData): Summary {
  return { count, sum, min, max };
}

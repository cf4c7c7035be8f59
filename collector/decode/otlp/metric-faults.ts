import type { WireFault } from "../reader.ts";
import { type AroundFault, explainFault } from "./item-batch.ts";

/** What is taken of a request and of one metric; what is beyond is refused, metric by metric. */
export interface MetricLimits {
  readonly maxMetrics: number;
  readonly maxPoints: number;
  /** Of one point, its exemplars included. */
  readonly maxAttributes: number;
  readonly maxExemplars: number;
  /** Buckets, bounds or quantiles of one point. */
  readonly maxBuckets: number;
  /** How far a point may lie ahead of the hub's clock. */
  readonly maxAheadMs: number;
}

/** Far above what SDKs and proxies send. */
export const metricLimits: MetricLimits = {
  maxMetrics: 100_000,
  maxPoints: 100_000,
  maxAttributes: 1024,
  maxExemplars: 4096,
  maxBuckets: 4096,
  maxAheadMs: 366 * 24 * 3_600_000,
};

/** What can be wrong with one metric. */
export type MetricFault =
  | WireFault
  | "name"
  | "data"
  | "attributes"
  | "exemplars"
  | "buckets"
  | "bounds"
  | "future"
  | AroundFault;

/** What was expected instead, for the sender. */
export function explainMetricFault(fault: MetricFault, limits: MetricLimits): string {
  switch (fault) {
    case "name":
      return "expected a name";
    case "data":
      return "expected one kind of data";
    case "attributes":
      return `expected at most ${limits.maxAttributes} attributes in a point`;
    case "exemplars":
      return `expected at most ${limits.maxExemplars} exemplars in a point`;
    case "buckets":
      return `expected one bucket more than bounds, or none of both, and at most ${limits.maxBuckets}`;
    case "bounds":
      return "expected bounds that ascend";
    case "future":
      return "a point lies more than a year ahead";
    case "too_many":
      return `expected at most ${limits.maxMetrics} metrics and ${limits.maxPoints} points in a request`;
    default:
      return explainFault(fault);
  }
}

import type { SpanResource } from "./span.ts";

/** The kinds of data that a metric of OTLP can hold. */
export type MetricKind = "gauge" | "sum" | "histogram" | "exponential_histogram" | "summary";

/** One metric as it stands on the wire, with all its points: valid only until the next one is read. */
export interface RawMetric {
  readonly resource: SpanResource;
  /** Name of the instrumentation scope; empty where there is none. */
  readonly scope: string;
  readonly name: string;
  readonly unit: string;
  /** Undefined where it holds nothing, or something that is not known yet. */
  readonly kind: MetricKind | undefined;
  readonly points: number;
}

/** Metrics of one resource, wrapped so that pieces one behind the other are a request: the resource_metrics field of ExportMetricsServiceRequest. */
export interface MetricPiece {
  readonly bytes: Uint8Array;
  readonly points: number;
}

/** The metrics of one request, one after the other; each is valid until the next call. Those that are malformed are refused alone. */
export interface MetricBatch {
  /** They are counted under this name. */
  readonly source: string;
  /** Whether the sender waits for an answer, and may send all of them again. */
  readonly answered: boolean;
  next(): RawMetric | undefined;
  /** Metrics refused so far in this turn. */
  readonly malformed: number;
  /** The number of the metric that was given last. */
  readonly place: number;
  /** The metrics with these numbers, which ascend, as they came. */
  cut(places: readonly number[]): readonly MetricPiece[];
}

import { ByteCache } from "./byte-cache.ts";
import { MetricCutter } from "./otlp/cut-metrics.ts";
import { OtlpMetricBatch, readScopeName } from "./otlp/metric-batch.ts";
import { type MetricLimits, metricLimits } from "./otlp/metric-faults.ts";
import { MetricScan } from "./otlp/metric-scan.ts";
import { indexRequest, itemWidth } from "./otlp/request-index.ts";
import { createResourceCache, createScopeCache } from "./otlp/resource.ts";
import { createTextCache } from "./otlp/span.ts";

export type { OtlpMetricBatch };

/** Points in one turn: some milliseconds of work. */
const defaultSteps = 4096;

/** Where metrics come from. */
export interface MetricOrigin {
  /** They are counted under this name. */
  readonly source: string;
  /** Whether the sender waits for an answer, and may send all of them again. */
  readonly answered: boolean;
  /** Numbers of the metrics for those who hear why one was refused, if those are not their places. */
  readonly places?: readonly number[] | undefined;
}

/** Reads metrics from the bytes of OTLP requests. */
export interface MetricDecoder {
  /**
   * The metrics of an ExportMetricsServiceRequest, over its bytes: they must stay as they are until the last metric is read.
   * Requests may be read side by side, a turn at a time. Throws OtlpError if its framing is broken.
   */
  read(message: Uint8Array, origin: MetricOrigin): OtlpMetricBatch;
}

/** What a decoder works with. */
export interface MetricDecoderOptions {
  /** Milliseconds since the epoch. */
  now(): number;
  readonly limits?: MetricLimits;
  readonly steps?: number;
}

/** Makes a decoder for opentelemetry.proto.collector.metrics.v1 (OTLP 1.x). */
export function createMetricDecoder({
  now,
  limits = metricLimits,
  steps = defaultSteps,
}: MetricDecoderOptions): MetricDecoder {
  const texts = createTextCache();
  const resources = createResourceCache(texts);
  const scopes = createScopeCache();
  const scopeNames = new ByteCache({ entries: 512, maxBytes: 1024 }, readScopeName);
  const cutter = new MetricCutter();
  return {
    read(message, { source, answered, places }) {
      const index = indexRequest(message, limits.maxMetrics);
      const caches = { resources, scopes, scopeNames, texts };
      return new OtlpMetricBatch(index, { source, answered, places, ...caches, cutter, limits, steps, now });
    },
  };
}

/** Counts the data points of an ExportMetricsServiceRequest, as far as they can be read. Throws OtlpError if its framing is broken. */
export function countPoints(message: Uint8Array): number {
  const { bytes, items, beyond } = indexRequest(message, metricLimits.maxMetrics);
  const scan = new MetricScan(metricLimits);
  let points = beyond;
  for (let at = 0; at < items.length; at += itemWidth) {
    scan.scan(bytes, items[at + 1]!, items[at + 2]!, Number.POSITIVE_INFINITY);
    points += scan.points;
  }
  return points;
}

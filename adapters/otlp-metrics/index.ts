import { hostname } from "node:os";
import { type Deliverable, defineAdapter } from "../adapter.ts";
import { openOtlpClient } from "../shared/otlp/client.ts";
import { createMetricEncoder } from "../shared/otlp/encode-metrics.ts";
import { concat, toItems } from "../shared/otlp/relayed.ts";
import { otlpLimits, otlpProblems } from "../shared/otlp/settings.ts";
import { createSums, pointsOf } from "../shared/series/harvest.ts";
import { plainNaming } from "../shared/series/naming.ts";
import { seriesProblems } from "../shared/series/problems.ts";
import { config } from "./config.ts";

/** Backends take a series for ended after five minutes without a point. */
const keepAliveMs = 60_000;

type Sent = Deliverable<"metric" | "metrics">;

const isOwn = (sent: Sent): sent is Deliverable<"metric"> => sent.template !== "metrics";

/** Exports metrics over OTLP: data points summed up in process, and metrics of others as they came. */
export const otlpMetrics = defineAdapter<"metric" | "metrics", typeof config>({
  type: "otlp-metrics",
  summary: "Metrics over OTLP, gRPC or HTTP: summed up from records, or those of others as they came.",
  accepts: ["metric", "metrics"],
  config,
  ordered: true,
  reads: ["trace.id", "trace.sampled"],
  limits: otlpLimits,
  endpoints: ({ endpoint }) => [endpoint],
  validate: (settings, instances) => [...otlpProblems(settings), ...seriesProblems(settings, instances, plainNaming)],
  tupleBudget: ({ maxSeries }) => maxSeries,
  async open(settings, host) {
    const client = await openOtlpClient(settings, host);
    const resource = { "service.name": "mixdown", "service.instance.id": hostname(), ...settings.resource };
    const { encode, sizeOf } = createMetricEncoder(resource);
    return {
      sums: createSums(host, settings, {
        naming: plainNaming,
        intervalMs: settings.interval,
        temporality: settings.temporality,
        keepAliveMs,
        withEnds: settings.temporality === "cumulative",
        withExtremes: settings.temporality === "delta",
        wholeCounts: true,
      }),
      async deliver(batch, abort) {
        const points = pointsOf(batch.filter(isOwn));
        const relayed = batch.flatMap((sent) => (sent.template === "metrics" ? [sent.bytes] : []));
        const body = concat(points.length === 0 ? relayed : [encode(points), ...relayed]);
        const sizes = batch.map((sent) => (sent.template === "metrics" ? sent.points : 1));
        const items = sizes.reduce((sum, size) => sum + size, 0);
        return toItems(await client.export({ telemetry: "metrics", body, items, abort }), sizes);
      },
      sizeOf: (sent) =>
        isOwn(sent) ? pointsOf([sent]).reduce((sum, point) => sum + sizeOf(point), 0) : sent.bytes.length,
      close: async () => client.close(),
    };
  },
});

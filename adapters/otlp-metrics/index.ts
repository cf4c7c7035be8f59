import { hostname } from "node:os";
import { defineAdapter } from "../adapter.ts";
import { openOtlpClient } from "../shared/otlp/client.ts";
import { createMetricEncoder } from "../shared/otlp/encode-metrics.ts";
import { otlpLimits, otlpProblems } from "../shared/otlp/settings.ts";
import { createSums, pointsOf } from "../shared/series/harvest.ts";
import { plainNaming } from "../shared/series/naming.ts";
import { seriesProblems } from "../shared/series/problems.ts";
import { config } from "./config.ts";

/** Backends take a series for ended after five minutes without a point. */
const keepAliveMs = 60_000;

/** Exports metrics as OTLP data points, summed up in process. */
export const otlpMetrics = defineAdapter<"metric", typeof config>({
  type: "otlp-metrics",
  summary: "OTLP metrics, over gRPC or HTTP.",
  accepts: ["metric"],
  config,
  ordered: true,
  reads: ["trace.id", "trace.sampled"],
  limits: otlpLimits,
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
      deliver(batch, abort) {
        const points = pointsOf(batch);
        return client.export({ telemetry: "metrics", body: encode(points), items: points.length, abort });
      },
      sizeOf: (instance) => pointsOf([instance]).reduce((sum, point) => sum + sizeOf(point), 0),
      close: async () => client.close(),
    };
  },
});

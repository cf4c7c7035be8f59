import { hostname } from "node:os";
import type { PointInstance } from "../../schemas/model/instance.ts";
import { defineAdapter } from "../adapter.ts";
import { createSums, pointsOf } from "../shared/series/harvest.ts";
import { prometheusNaming } from "../shared/series/naming.ts";
import { seriesProblems } from "../shared/series/problems.ts";
import { fetchWith } from "../shared/tls-fetch.ts";
import { tlsProblems } from "../shared/tls-settings.ts";
import { config } from "./config.ts";
import { openSender } from "./sender.ts";
import { toTimeSeries } from "./time-series.ts";

/** Prometheus takes a series for ended after five minutes without a sample. */
const keepAliveMs = 60_000;

/** Writes metrics, summed up in process, to Prometheus and what speaks its remote write. */
export const prometheusRemoteWrite = defineAdapter<"metric", typeof config>({
  type: "prometheus-remote-write",
  summary: "Metrics by remote write, to Prometheus, Mimir, Thanos and the like.",
  accepts: ["metric"],
  config,
  ordered: true,
  reads: ["trace.id", "trace.sampled"],
  validate: (settings, instances) => [
    ...tlsProblems(settings.url, settings.tls),
    ...seriesProblems(settings, instances, prometheusNaming),
  ],
  tupleBudget: ({ maxSeries }) => maxSeries,
  async open(settings, host) {
    const { fetch, close } = fetchWith(settings.tls, host.fetch);
    const send = await openSender(settings, host, fetch);
    const labels = { job: "mixdown", instance: hostname(), ...settings.labels };
    const labelBytes = bytesOf(labels);
    return {
      sums: createSums(host, settings, {
        naming: prometheusNaming,
        intervalMs: settings.interval,
        temporality: "cumulative",
        keepAliveMs,
        withZeros: true,
        withEnds: true,
      }),
      deliver: (batch, signal) => send(toTimeSeries(pointsOf(batch), labels), signal),
      sizeOf: (instance) => pointsOf([instance]).reduce((sum, point) => sum + sizeOf(point, labelBytes), 0),
      close: async () => close(),
    };
  },
});

/** Bytes of a sample and of a bucket's bound with all that frames them. */
const sampleBytes = 80;

/** About how many bytes a point adds to a request of version 1.0, where each of its series repeats all labels. */
function sizeOf({ name, labels, data }: PointInstance, labelBytes: number): number {
  const series = data.kind === "histogram" ? data.buckets.length + 2 : 1;
  return series * (name.length + bytesOf(labels) + labelBytes + sampleBytes);
}

/** Bytes of labels: six of each are framing. */
function bytesOf(labels: Readonly<Record<string, string>>): number {
  return Object.entries(labels).reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(value) + 6, 0);
}

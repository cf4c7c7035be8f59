import type { PointInstance } from "../../../schemas/model/instance.ts";
import type { Deliverable, Host, Sums } from "../../adapter.ts";
import type { SeriesConfig } from "./config.ts";
import type { Naming } from "./naming.ts";
import { type PointOptions, SeriesReader } from "./series-reader.ts";
import { SeriesStore } from "./store.ts";

/** How an adapter's metrics are summed up, and what its protocol wants of their points. */
export interface SumsOptions extends PointOptions {
  readonly naming: Naming;
  /** Milliseconds between harvests. */
  readonly intervalMs: number;
}

/** A batch of an adapter that sums up, as what it is: points. */
export function pointsOf(batch: readonly Deliverable<"metric">[]): PointInstance[] {
  return batch.filter((instance) => instance.template === "point");
}

/**
 * Sums up an adapter's metric instances as series, and gives points of those that have news since the last harvest.
 * Time never stands still or goes back from one harvest to the next, so that the points of a series are in order whatever the
 * clock does.
 */
export function createSums(host: Host, config: SeriesConfig, options: SumsOptions): Sums {
  const store = new SeriesStore(host, { ...options, countsRecords: true });
  store.define(config, host.instances);
  let sinceMs = host.now();
  const readers = [...store.metrics].map((metric) => new SeriesReader(metric, options, sinceMs));
  return {
    intervalMs: options.intervalMs,
    record: (instance) => store.record(instance),
    harvest(isLast = false) {
      store.visit();
      const nowMs = Math.max(host.now(), sinceMs + 1);
      const points: PointInstance[] = [];
      for (const reader of readers) reader.read(nowMs, isLast, points);
      sinceMs = nowMs;
      return points;
    },
  };
}

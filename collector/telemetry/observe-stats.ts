import type { Stats, StatsCounters } from "../stats/stats.ts";
import type { HubMetrics } from "./metrics.ts";

interface Row {
  readonly name: `mixdown_stats_${string}`;
  readonly help: string;
  readonly kind: "counter" | "gauge";
  read(counters: StatsCounters): number;
}

const rows: readonly Row[] = [
  counter("records_total", "Records that statistics counted.", ({ recorded }) => recorded),
  counter(
    "overflow_total",
    "Records counted in an overflow row since there are too many series.",
    (of) => of.overflowed,
  ),
  counter("overflow_texts_total", "Values counted as {other} since there are too many.", (of) => of.overflowedTexts),
  counter(
    "lost_requests_total",
    "Requests lost before or in the store.",
    (of) => of.lostRequests + (of.store?.lostRequests ?? 0),
  ),
  counter(
    "lost_buckets_total",
    "Buckets given up since memory for unwritten ones was full.",
    ({ store }) => store?.lostBuckets ?? 0,
  ),
  counter("failed_writes_total", "Transactions of the store that failed.", ({ store }) => store?.failedWrites ?? 0),
  counter(
    "evicted_total",
    "Buckets dropped before their age since the store was full.",
    ({ store }) => store?.evicted ?? 0,
  ),
  counter("damaged_total", "Damaged chunks left out of answers.", ({ store }) => store?.damaged ?? 0),
  gauge("series", "Live series.", ({ series }) => series),
  gauge("open_buckets", "Buckets not yet closed.", ({ openBuckets }) => openBuckets),
  gauge("unsaved_buckets", "Closed buckets not yet on disk.", ({ store }) => store?.unsavedBuckets ?? 0),
  gauge("store_bytes", "Bytes of the store.", ({ store }) => store?.bytes ?? 0),
];

function counter(name: string, help: string, read: Row["read"]): Row {
  return { name: `mixdown_stats_${name}`, help, kind: "counter", read };
}

function gauge(name: string, help: string, read: Row["read"]): Row {
  return { name: `mixdown_stats_${name}`, help, kind: "gauge", read };
}

/** Shows what statistics count about themselves. */
export function observeStats(metrics: HubMetrics, stats: Pick<Stats, "counters">): void {
  for (const { name, help, kind, read } of rows) {
    metrics.observe({ name, help, kind, labelNames: [], read: () => [{ labels: {}, value: read(stats.counters()) }] });
  }
  metrics.observe({
    name: "mixdown_stats_moved_total",
    help: "Records counted at their arrival since their own time was out of reach, by reason.",
    kind: "counter",
    labelNames: ["reason"],
    read: () => {
      const { future, expired, crowdedOut } = stats.counters();
      return Object.entries({ future, expired, crowded: crowdedOut }).map(([reason, value]) => ({
        labels: { reason },
        value,
      }));
    },
  });
}

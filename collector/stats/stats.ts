import { randomInt } from "node:crypto";
import { join } from "node:path";
import type { AttributeRecord } from "../../schemas/model/record.ts";
import type { StatsConfig } from "../config/stats-schema.ts";
import { Aggregator, type AggregatorCounters, type Pending } from "./aggregator.ts";
import type { TakenBucket } from "./open-bucket.ts";
import type {
  Answer,
  EdgesAnswer,
  EdgesQuery,
  ServicesAnswer,
  ServicesQuery,
  StatsQuery,
  TimeseriesAnswer,
  TimeseriesQuery,
  ValuesAnswer,
  ValuesQuery,
} from "./query/query.ts";
import { defaultLimits } from "./query/scan.ts";
import { createRetention } from "./retention.ts";
import type { StoreLog } from "./store/database.ts";
import type { StoreCounters } from "./store/store.ts";
import { StoreClient } from "./store-client.ts";

export { decisionStatsSlots, spanStatsSlots, statsSlots, storedAttributes } from "./dimensions.ts";

/**
 * Statistics: who talks to whom, how fast, how often it fails.
 *
 *   record -> aggregator (open buckets, this thread) -> store thread (chunks in SQLite, roll-ups, retention)
 *   query  -> store thread, with copies of the open buckets -> answer
 */
export interface Stats {
  /** Counts one record. On the record path: it does not wait, throw or keep the record. */
  record(record: AttributeRecord): void;
  services(query: ServicesQuery): Promise<Answer<ServicesAnswer>>;
  edges(query: EdgesQuery): Promise<Answer<EdgesAnswer>>;
  timeseries(query: TimeseriesQuery): Promise<Answer<TimeseriesAnswer>>;
  values(query: ValuesQuery): Promise<Answer<ValuesAnswer>>;
  /** Sends what is due to the store; a timer does so four times a second. */
  tick(): void;
  counters(): StatsCounters;
  /** Writes everything and ends the store's thread. */
  close(): Promise<void>;
}

/** What is counted about the statistics themselves. */
export interface StatsCounters extends AggregatorCounters {
  /** Live series, and buckets open, in this thread. */
  readonly series: number;
  readonly openBuckets: number;
  /** Requests lost on the way to the store, beside what the store lost. */
  readonly lostRequests: number;
  /** What the store told last; undefined before its first word. */
  readonly store: StoreCounters | undefined;
}

/** What statistics work with. */
export interface StatsOptions {
  readonly config: StatsConfig;
  /** Folder of the store; made if it is not there. */
  readonly directory: string;
  readonly log: StoreLog;
  /** Milliseconds since the epoch. */
  now(): number;
  /** What waits to be told: it is a part of answers, but of those about edges, since who calls is not known yet. */
  readonly pending?: Pending;
}

const tickMs = 250;
const graceMs = 1000;
const idleMs = 600_000;
const maxOpenBuckets = 64;
/** Batches under way from which buckets wait here, and open buckets from which the oldest are given up. */
const maxBacklog = 16;
const maxUnsavedBytes = 64 * 1024 * 1024;
/** Series known to the store, for each live one: series come and go within retention. */
const storedPerLive = 10;

/** Opens the statistics. Fails with HubError STORE_UNUSABLE or RUNTIME_TOO_OLD. */
export async function openStats(options: StatsOptions): Promise<Stats> {
  const { now } = options;
  const aggregator = createAggregator(options, () => {
    if (client.backlog < maxBacklog) flush(aggregator.takeLate(now()));
  });
  const client = createClient(options, () => aggregator.forgetSent());
  await client.open();

  function flush(buckets: readonly TakenBucket[]): void {
    if (buckets.length > 0) client.write({ definitions: aggregator.definitions(), buckets });
  }
  function tick(): void {
    const nowMs = now();
    if (client.backlog >= maxBacklog) {
      if (aggregator.gauges.openBuckets > maxOpenBuckets) client.giveUp(aggregator.takeDue(nowMs));
      return;
    }
    flush(aggregator.takeDue(nowMs));
    if (!aggregator.isCrowded(nowMs)) return;
    flush(aggregator.takeAll());
    aggregator.rebuild(nowMs);
  }
  const copy = (pending?: Pending) => {
    // Before the definitions: what is pending may be of new series.
    const buckets = aggregator.copies(pending);
    return { definitions: aggregator.definitions(), buckets };
  };
  const ask = <T>(asked: StatsQuery) =>
    client.query(asked, () => copy(asked.kind === "edges" ? undefined : options.pending)) as Promise<Answer<T>>;
  const timer = setInterval(tick, tickMs);
  timer.unref();

  return {
    record: (record) => aggregator.record(record),
    services: (query) => ask<ServicesAnswer>({ kind: "services", query }),
    edges: (query) => ask<EdgesAnswer>({ kind: "edges", query }),
    timeseries: (query) => ask<TimeseriesAnswer>({ kind: "timeseries", query }),
    values: (query) => ask<ValuesAnswer>({ kind: "values", query }),
    tick,
    counters: () => ({
      ...aggregator.counters(),
      ...aggregator.gauges,
      lostRequests: client.lostRequests,
      store: client.counters,
    }),
    close: () => {
      clearInterval(timer);
      flush(aggregator.takeAll());
      return client.close();
    },
  };
}

function createAggregator({ config, now }: StatsOptions, makeRoom: () => void): Aggregator {
  const { maxSeries } = config;
  return new Aggregator({
    budget: { maxSeries, maxPeers: maxSeries, maxTexts: maxSeries * 3 },
    retention: createRetention(toSeconds(config)),
    maxOpenBuckets,
    graceMs,
    idleMs,
    now,
    seed: randomInt(2 ** 31),
    makeRoom,
  });
}

function createClient({ config, directory, log, now }: StatsOptions, onRestart: () => void): StoreClient {
  const settings = {
    file: join(directory, "stats.db"),
    retention: toSeconds(config),
    maxBytes: config.maxBytes,
    maxUnsavedBytes,
    maxSeries: config.maxSeries * storedPerLive,
    lockWaitMs: 0,
    limits: { ...defaultLimits, timeoutMs: config.queryTimeoutMs },
    health: config.health,
    sources: config.sources,
    nowMs: now(),
  };
  return new StoreClient({ settings, log, now, onRestart });
}

const toSeconds = ({ retention }: StatsConfig) => ({
  base: retention.seconds10,
  minute: retention.minutes,
  hour: retention.hours,
});

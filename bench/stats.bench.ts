import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import Sqlite from "better-sqlite3";
import { statsConfig } from "../collector/config/stats-schema.ts";
import { compile } from "../collector/expr/compile.ts";
import { Aggregator } from "../collector/stats/aggregator.ts";
import type { StatsQuery } from "../collector/stats/query/query.ts";
import { defaultLimits } from "../collector/stats/query/scan.ts";
import { createRetention } from "../collector/stats/retention.ts";
import { openStats } from "../collector/stats/stats.ts";
import { Store } from "../collector/stats/store/store.ts";
import { slotOf } from "../schemas/attributes/vocabulary.ts";
import type { AttributeRecord } from "../schemas/model/record.ts";
import { generateStore } from "./support/stats-store.ts";
import { createRandom, createTraffic, drawDuration, type TrafficSeries, toRecord } from "./support/stats-traffic.ts";

/** What was measured. */
export interface StatsBench {
  readonly series: number;
  /** Nanoseconds that counting one record takes. */
  readonly recordNs: number;
  /** Longest that handing a bucket over held the record path up. */
  readonly flushPauseMs: number;
  /** Size of a store with a full default retention. */
  readonly storeMiB: number;
  /** Median of several runs, from the question to the answer, in the store's thread. */
  readonly services1hMs: number;
  readonly edges1hMs: number;
  readonly services24hMs: number;
  readonly timeseries24hMs: number;
  readonly timeseries24hByRouteMs: number;
  readonly timeseries30dMs: number;
  /** Records a second taken, of 20,000 offered, without and with queries all the time; and the longest pause with them. */
  readonly quietRate: number;
  readonly queriedRate: number;
  readonly queries: number;
  readonly queriedPauseMs: number;
}

const seriesCount = 5000;
const now = Math.floor(Date.parse("2026-03-01T12:34:56Z") / 1000);
const log = { info() {}, warn() {}, error() {} };
const durationSlot = slotOf("response.duration");
const endSlot = slotOf("response.time");

/** Measures the record path, queries over a full store, and both at once. */
export async function runStatsBench(): Promise<StatsBench> {
  const random = createRandom(7);
  const traffic = createTraffic(seriesCount, 2000, random);
  const directory = mkdtempSync(join(tmpdir(), "mixdown-bench-"));
  try {
    const file = join(directory, "stats.db");
    generateStore(file, traffic, now, random);
    const storeMiB = statSync(file).size / 2 ** 20;
    const path = measurePath(traffic, random);
    const queries = measureQueries(file);
    return {
      series: seriesCount,
      ...path,
      storeMiB,
      ...queries,
      ...(await measureTogether(directory, traffic, random)),
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Records in the order in which traffic comes: busy series often. */
function createRecords(traffic: readonly TrafficSeries[], count: number, random: () => number): AttributeRecord[] {
  const ends: number[] = [];
  traffic.reduce((sum, { rate }) => {
    ends.push(sum + rate);
    return sum + rate;
  }, 0);
  const total = ends.at(-1)!;
  return Array.from({ length: count }, () => {
    const wanted = random() * total;
    const series = traffic[ends.findIndex((end) => end >= wanted)]!;
    const record = toRecord(series);
    record.values[durationSlot] = drawDuration(series, random);
    return record;
  });
}

function createAggregator(nowMs: () => number): Aggregator {
  return new Aggregator({
    budget: { maxSeries: 20_000, maxPeers: 20_000, maxTexts: 60_000 },
    retention: createRetention(),
    maxOpenBuckets: 64,
    graceMs: 1000,
    idleMs: 600_000,
    now: nowMs,
    seed: 1,
    makeRoom: () => {},
  });
}

function measurePath(traffic: readonly TrafficSeries[], random: () => number) {
  const records = createRecords(traffic, 20_000, random);
  let nowMs = now * 1000;
  const aggregator = createAggregator(() => nowMs);
  const pauses: number[] = [];
  const rounds: number[] = [];
  for (let round = 0; round < 60; round++) {
    nowMs += 1000;
    for (const record of records) record.values[endSlot] = { seconds: nowMs / 1000, nanos: 0 };
    const started = performance.now();
    for (const record of records) aggregator.record(record);
    rounds.push(((performance.now() - started) * 1e6) / records.length);
    const flushed = performance.now();
    if (aggregator.takeDue(nowMs).length > 0) aggregator.definitions();
    pauses.push(performance.now() - flushed);
  }
  return { recordNs: median(rounds.slice(20)), flushPauseMs: Math.max(...pauses.slice(20)) };
}

function measureQueries(file: string) {
  const store = new Store(Sqlite, {
    file,
    retention: createRetention(),
    maxBytes: 2 ** 31,
    maxUnsavedBytes: 2 ** 26,
    maxSeries: 1_000_000,
    lockWaitMs: 0,
    limits: { ...defaultLimits, timeoutMs: 60_000 },
    sources: { prefer: "accesslog", services: [] },
    compile,
    log,
    now: () => now * 1000,
    clock: () => performance.now(),
  });
  const run = (asked: StatsQuery) => medianMs(7, () => drain(store.query(asked, [], now * 1000)));
  const figures = {
    services1hMs: run(services(3600)),
    edges1hMs: run(edges(3600)),
    services24hMs: run(services(86_400)),
    timeseries24hMs: run(timeseries(86_400, "destination.service.name")),
    timeseries24hByRouteMs: run(timeseries(86_400, "route.template")),
    timeseries30dMs: run(timeseries(30 * 86_400, "destination.service.name")),
  };
  store.close();
  return figures;
}

const range = (seconds: number) => ({ from: (now - seconds) * 1000, to: now * 1000, reporter: "auto" as const });
const services = (seconds: number): StatsQuery => ({
  kind: "services",
  query: { ...range(seconds), limit: 500, sort: "name", idle: true },
});
const edges = (seconds: number): StatsQuery => ({
  kind: "edges",
  query: { ...range(seconds), limit: 500, sort: "requests", idle: true, level: "service", depth: 1 },
});
const timeseries = (seconds: number, by: string): StatsQuery => ({
  kind: "timeseries",
  query: { ...range(seconds), measures: ["requests", "duration"], stats: ["p50", "p99"], by: [by], limit: 20 },
});

function drain<T>(run: Generator<void, T>): T {
  for (;;) {
    const step = run.next();
    if (step.done === true) return step.value;
  }
}

/** Offers 20,000 records a second in batches of 1 ms, first alone, then with one query after the other. */
async function measureTogether(directory: string, traffic: readonly TrafficSeries[], random: () => number) {
  const records = createRecords(traffic, 20_000, random);
  const startedMs = Date.now();
  const nowMs = () => now * 1000 + (Date.now() - startedMs);
  const stats = await openStats({ config: statsConfig.parse({}), directory, log, now: nowMs });
  const record = (index: number) => {
    const next = records[index % records.length]!;
    const ms = nowMs();
    next.values[endSlot] = { seconds: Math.floor(ms / 1000), nanos: 0 };
    stats.record(next);
  };
  await offer(3000, record);
  const quiet = await offer(10_000, record);
  let asking = true;
  let queries = 0;
  const asked = [services(3600), edges(3600), timeseries(86_400, "destination.service.name")];
  const asker = (async () => {
    while (asking) {
      const query = asked[queries % asked.length]!;
      if (query.kind === "services") await stats.services(query.query);
      if (query.kind === "edges") await stats.edges(query.query);
      if (query.kind === "timeseries") await stats.timeseries(query.query);
      queries++;
    }
  })();
  const queried = await offer(10_000, record);
  asking = false;
  await asker;
  await stats.close();
  return { quietRate: quiet.rate, queriedRate: queried.rate, queries, queriedPauseMs: queried.pauseMs };
}

async function offer(durationMs: number, record: (index: number) => void) {
  const perMs = 20;
  const started = performance.now();
  let taken = 0;
  let pauseMs = 0;
  let last = started;
  while (last - started < durationMs) {
    const due = Math.floor(last - started) * perMs;
    const limit = Math.min(due, taken + 200);
    for (; taken < limit; taken++) record(taken);
    await new Promise<void>((resolve) => setImmediate(resolve));
    const time = performance.now();
    pauseMs = Math.max(pauseMs, time - last);
    last = time;
  }
  return { rate: (taken / (last - started)) * 1000, pauseMs };
}

function medianMs(times: number, run: () => void): number {
  const all = Array.from({ length: times }, () => {
    const started = performance.now();
    run();
    return performance.now() - started;
  });
  return median(all.slice(1));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

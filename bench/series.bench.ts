import { performance } from "node:perf_hooks";
import { Counter, Histogram, Registry as PromRegistry } from "prom-client";
import type { Host } from "../adapters/adapter.ts";
import { config } from "../adapters/prometheus/config.ts";
import { Registry } from "../adapters/prometheus/registry.ts";
import { answerScrape } from "../adapters/shared/metrics-page.ts";
import { createSums } from "../adapters/shared/series/harvest.ts";
import { prometheusNaming } from "../adapters/shared/series/naming.ts";
import type { InstanceDeclaration, LabelTuple, MetricInstance } from "../schemas/model/instance.ts";

/** What was measured: this hub's way and prom-client's in the same run. */
export interface SeriesBench {
  /** Nanoseconds for one update of a known series, among `series` of them. */
  readonly counterNs: number;
  readonly histogramNs: number;
  readonly promClientCounterNs: number;
  readonly promClientHistogramNs: number;
  /** Milliseconds to write `series` counters of five labels. */
  readonly renderMs: number;
  readonly promClientRenderMs: number;
  readonly series: number;
  /** Milliseconds to make points of `series` counters and of as many histograms of 19 buckets, all changed. */
  readonly harvestCountersMs: number;
  readonly harvestHistogramsMs: number;
  /** Milliseconds and mebibytes of one scrape of 100,000 counters with Istio's labels, and the longest that the event loop stood still. */
  readonly bigScrapeMs: number;
  readonly bigScrapeMiB: number;
  readonly bigScrapePauseMs: number;
}

const series = 10_000;
const bounds = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
];
const names = ["reporter", "source_workload", "destination_workload", "response_code", "path"];

/** Measures updates and rendering of metric series beside prom-client. */
export async function runSeriesBench(): Promise<SeriesBench> {
  const tuples = Array.from({ length: series }, (_, i) => tupleOf(i));
  const counter = makeRegistry("counter", names);
  const histogram = makeRegistry("histogram", names);
  const theirs = promClientMetrics();
  const labels = tuples.map(({ values }) => Object.fromEntries(names.map((name, i) => [name, values[i]!])));
  const result = {
    series,
    counterNs: nanosEach(100, (i) => counter.record(instanceOf(tuples[i]!, 1))),
    histogramNs: nanosEach(100, (i) => histogram.record(instanceOf(tuples[i]!, nanosOf(i)))),
    promClientCounterNs: nanosEach(10, (i) => theirs.counter.inc(labels[i]!)),
    promClientHistogramNs: nanosEach(10, (i) => theirs.histogram.observe(labels[i]!, nanosOf(i) / 1e6)),
    renderMs: await fastest(20, async () => renderAll(counter)),
    promClientRenderMs: await fastest(5, () => theirs.counters.metrics()),
  };
  return { ...result, ...harvests(tuples), ...(await scrapeBig()) };
}

function makeRegistry(kind: "counter" | "histogram", labelNames: readonly string[]): Registry {
  const { host, settings } = makeSettings(kind, labelNames);
  const registry = new Registry(host);
  registry.define(settings, host.instances);
  return registry;
}

function makeSettings(kind: "counter" | "histogram", labelNames: readonly string[]) {
  const valueType = kind === "counter" ? "INT64" : "DURATION";
  const instance: InstanceDeclaration = { name: "bench", template: "metric", valueType, labelNames };
  const host: Host = {
    handler: "bench",
    timeoutMs: 10_000,
    instances: [instance],
    now: () => Date.now(),
    log: { info() {}, warn() {}, error() {} },
    fetch,
    count() {},
    exposeMetrics: async () => async () => {},
  };
  const metric = { kind, unit: "milliseconds", ...(kind === "histogram" ? { buckets: bounds } : {}) };
  return { host, settings: config.parse({ maxSeries: 100_000, metrics: { bench: metric } }) };
}

/** The fastest of several harvests: the first one copies all labels. */
function harvests(tuples: readonly LabelTuple[]) {
  const time = (kind: "counter" | "histogram") => {
    const { host, settings } = makeSettings(kind, names);
    const options = { naming: prometheusNaming, intervalMs: 1000, temporality: "delta" } as const;
    const sums = createSums(host, settings, options);
    let best = Infinity;
    for (let i = 0; i < 10; i++) {
      for (const labels of tuples) sums.record(instanceOf(labels, 5e6));
      const start = performance.now();
      if (sums.harvest().length !== series) throw new Error("points are missing");
      best = Math.min(best, performance.now() - start);
    }
    return best;
  };
  return { harvestCountersMs: time("counter"), harvestHistogramsMs: time("histogram") };
}

function promClientMetrics() {
  const counters = new PromRegistry();
  const labelNames = names;
  const counter = new Counter({ name: "bench_total", help: "Bench.", labelNames, registers: [counters] });
  const registers = [new PromRegistry()];
  const histogram = new Histogram({ name: "bench", help: "Bench.", labelNames, buckets: bounds, registers });
  return { counters, counter, histogram };
}

function tupleOf(i: number): LabelTuple {
  return { names, values: ["destination", `web-${i % 10}`, `api-${i % 7}`, `${200 + (i % 5)}`, `/things/${i}`] };
}

/** A new object for each record, as the rule table makes them. */
function instanceOf(labels: LabelTuple, value: number): MetricInstance {
  return { template: "metric", instance: "bench", labels, value, weight: 1, traceId: undefined };
}

/** Durations up to half a second. */
function nanosOf(i: number): number {
  return ((i * 7919) % 5000) * 100_000;
}

const istioNames = Array.from({ length: 25 }, (_, i) => `destination_canonical_${i}`);

function istioTuple(i: number): LabelTuple {
  return { names: istioNames, values: istioNames.map((name, at) => (at === 0 ? `workload-${i}` : `value-of-${name}`)) };
}

/** Nanoseconds of one update, visiting all series in a scattered order: the fastest of three turns after a warm-up. */
function nanosEach(rounds: number, update: (i: number) => void): number {
  const order = Array.from({ length: series }, (_, i) => (i * 4733) % series);
  const run = () => {
    for (let round = 0; round < rounds; round++) for (const i of order) update(i);
  };
  let best = Infinity;
  for (let turn = 0; turn < 4; turn++) {
    const start = performance.now();
    run();
    if (turn > 0) best = Math.min(best, performance.now() - start);
  }
  return (best * 1e6) / (rounds * series);
}

function renderAll(registry: Registry): number {
  let bytes = 0;
  for (const family of registry.families("text")) {
    for (const piece of family.samples()) bytes += Buffer.from(piece).length;
  }
  return bytes;
}

async function fastest(times: number, run: () => Promise<unknown>): Promise<number> {
  let best = Infinity;
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    await run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

/** The best of three scrapes: the first pays for compiling, and on a busy machine others take the processor meanwhile. */
async function scrapeBig() {
  const registry = makeRegistry("counter", istioNames);
  for (let i = 0; i < 100_000; i++) registry.record(instanceOf(istioTuple(i), 1));
  const scrapes = [await scrapeOnce(registry), await scrapeOnce(registry), await scrapeOnce(registry)];
  return scrapes.reduce((best, next) => (next.bigScrapePauseMs < best.bigScrapePauseMs ? next : best));
}

async function scrapeOnce(registry: Registry) {
  let pauseMs = 0;
  let last = performance.now();
  let isDone = false;
  const watch = () => {
    const now = performance.now();
    pauseMs = Math.max(pauseMs, now - last);
    last = now;
    if (!isDone) setImmediate(watch);
  };
  setImmediate(watch);
  const start = performance.now();
  let bytes = 0;
  for await (const chunk of (await answerScrape({}, [registry])).body) bytes += (chunk as Buffer).length;
  isDone = true;
  return { bigScrapeMs: performance.now() - start, bigScrapeMiB: bytes / 2 ** 20, bigScrapePauseMs: pauseMs };
}

if (import.meta.main) console.table(await runSeriesBench());

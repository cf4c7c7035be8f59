import { afterEach, expect, test } from "vitest";
import { stringify } from "yaml";
import { type Envoy, startEnvoy } from "./support/envoy.ts";
import type { Statistics } from "./support/envoy-bootstrap.ts";
import { type Hub, startHub } from "./support/hub.ts";
import { portNumber } from "./support/lab.ts";
import { describeWith } from "./support/needs.ts";
import { type OtelCollector, startOtelCollector } from "./support/otel-collector.ts";
import { lint, type Prometheus, startPrometheusWith } from "./support/prometheus.ts";
import { http1Client, repeat } from "./support/traffic.ts";
import { startHttp } from "./support/upstream.ts";
import { waitFor, waitUntil } from "./support/wait.ts";

const listener = { address: "127.0.0.1:0" };
const stopped: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const stop of stopped.splice(0).reverse()) await stop();
});

async function started<T extends { stop(): Promise<unknown> }>(starting: Promise<T>): Promise<T> {
  const it = await starting;
  stopped.push(() => it.stop());
  return it;
}

const startRelay = (collector: OtelCollector, suffixes: boolean) =>
  startHub({
    base: [],
    settings: {
      listeners: { grpc: listener, http: null, admin: listener },
      handlers: {
        page: { adapter: "prometheus", params: { others: { suffixes } } },
        collector: {
          ...{ adapter: "otlp-metrics", durable: true, retry: { initial: "50ms", max: "200ms" } },
          params: { endpoint: collector.grpc },
        },
      },
      rules: [
        {
          name: "statistics",
          match: 'context.signal == "metric" && destination.service.name == "lab"',
          actions: ["page", "collector"].map((handler) => ({ handler, instances: ["metrics"] })),
        },
      ],
    },
  });

const scraping = (hub: Hub): Promise<Prometheus> =>
  startPrometheusWith(
    stringify({
      global: { scrape_interval: "500ms", scrape_timeout: "400ms" },
      scrape_configs: [
        { job_name: "mixdown", honor_labels: true, static_configs: [{ targets: [hub.listeners.admin] }] },
      ],
    }),
  );

async function startProxy(hub: Hub, statistics: Statistics): Promise<Envoy> {
  const up = await startHttp();
  stopped.push(() => up.close());
  return started(
    startEnvoy({
      node: { id: "proxy-1", cluster: "lab" },
      ...{ hubPort: portNumber(hub.listeners.grpc), statistics },
      listeners: [{ kind: "http", name: "in", logName: "in", routes: [{ prefix: "/", cluster: "up" }] }],
      clusters: [{ name: "up", port: up.port }],
    }),
  );
}

async function request(envoy: Envoy, count: number): Promise<void> {
  const client = http1Client(envoy.ports.in!);
  await repeat(count, 4, () => client.get("/ok"));
  client.close();
}

const inName = { requests: "cluster.up.upstream_rq_total", times: "cluster.up.upstream_rq_time", series: "cluster_up" };
const asLabel = { requests: "cluster.upstream_rq_total", times: "cluster.upstream_rq_time", series: "cluster" };
const behindPrefix = {
  ...{ requests: "envoy.cluster.upstream_rq_total", times: "envoy.cluster.upstream_rq_time", series: "envoy_cluster" },
};

/** What a metric of the cluster `up` came to, by the points that the collector took: the last total, or all growth. */
function collected(
  collector: OtelCollector,
  metric: string,
  ofPoint: (point: Readonly<Record<string, unknown>>) => number,
) {
  const points = collector
    .points()
    .filter((found) => found.metric === metric)
    .filter(({ attributes }) => (attributes["envoy.cluster_name"]?.stringValue ?? "up") === "up");
  return points.reduce((sum, { temporality, point }) => (temporality === 2 ? ofPoint(point) : sum + ofPoint(point)), 0);
}

/** Envoy's own names have units cut short, and endings that other types have or lack; nothing else may be found. */
const envoysOwn =
  /abbreviated units|should not have "_(total|count|sum|bucket)" suffix|camelCase|use base unit|should have "_total" suffix/;

describeWith(
  "envoy",
  "otelcol",
  "prometheus",
  "promtool",
)("a real Envoy's statistics through the hub", () => {
  test.each([
    { statistics: "totals", names: inName },
    { statistics: "growth", names: inName },
    { statistics: "labels", names: asLabel },
    { statistics: "otlp-totals", names: behindPrefix },
    { statistics: "otlp-growth", names: behindPrefix },
  ] as const)(
    "$statistics: scraped by Prometheus and taken by a collector that goes away, both as Envoy counts itself",
    async ({ statistics, names }) => {
      const collector = await started(startOtelCollector());
      const hub = await started(startRelay(collector, names === inName));
      const envoy = await startProxy(hub, statistics);
      const prometheus = await started(scraping(hub));
      const labels = 'job="lab",instance="proxy-1",envoy_cluster_name=~"up|"';
      const scraped = (metric: string) => prometheus.value(`sum(${names.series}_${metric}{${labels}})`);

      // One flush at the least goes by between the first values and the next: only then it shows whether they are growth.
      await waitFor("the first flush", async () => ((await scraped("membership_total")) >= 0 ? true : undefined));
      await request(envoy, 100);
      await waitUntil("the first hundred", async () => (await scraped("upstream_rq_total")) === 100);
      await collector.pause();
      await request(envoy, 60);
      await waitUntil("all", async () => (await scraped("upstream_rq_total")) === 160);
      await collector.resume();

      expect((await envoy.stats()).get("cluster.up.upstream_rq_total")).toBe(160);
      await waitUntil("all times", async () => (await scraped("upstream_rq_time_count")) === 160);
      await waitUntil(
        "the collector to have all",
        () => collected(collector, names.requests, ({ asDouble, asInt }) => Number(asDouble ?? asInt)) === 160,
      );
      await waitUntil(
        "the collector to have all times",
        () => collected(collector, names.times, ({ count }) => Number(count ?? 0)) === 160,
      );
      expect(await prometheus.query("target_info")).toMatchObject([{ labels: { job: "lab", instance: "proxy-1" } }]);

      const page = await (await hub.get("/metrics")).text();
      const found = lint(page)
        .split("\n")
        .filter((line) => line !== "" && !envoysOwn.test(line));
      expect(found).toEqual([]);
      expect(await hub.total("mixdown_metric_points_total", { outcome: "rejected" })).toBe(0);
      expect(await hub.total("mixdown_handler_dropped_total", { handler: "page" })).toBe(0);
    },
    120_000,
  );
});

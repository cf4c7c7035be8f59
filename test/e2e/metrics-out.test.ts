import { createSocket } from "node:dgram";
import { once } from "node:events";
import { fromBinary } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import { afterEach, expect, test } from "vitest";
import {
  type HistogramDataPoint,
  MetricsDataSchema,
  type NumberDataPoint,
} from "../../schemas/gen/opentelemetry/proto/metrics/v1/metrics_pb.js";
import { startOtlpBackend } from "../support/otlp-backend.ts";
import { temporaryFolder } from "./support/folder.ts";
import { type Hub, startHub } from "./support/hub.ts";
import { describeWith } from "./support/needs.ts";
import { startOtelCollector } from "./support/otel-collector.ts";
import { freePort, startReceiver } from "./support/prometheus.ts";
import { waitUntil } from "./support/wait.ts";

const listener = { address: "127.0.0.1:0" };
let hub: Hub;

const histogram = { took: { name: "took_seconds", kind: "histogram", buckets: [0.01, 0.1] } };

/** A counter and durations sent to one handler; where it sums them up, into a histogram, every second. */
function settingsOf(adapter: string, params: object, own: object = { metrics: histogram, interval: "1s" }) {
  return {
    listeners: { grpc: null, http: listener, admin: listener },
    handlers: { out: { adapter, params: { ...params, ...own }, retry: { initial: "50ms", max: "200ms" } } },
    instances: {
      requests: { template: "metric", params: { value: 1, dimensions: { path: "request.path" } } },
      took: { template: "metric", params: { value: "response.duration" } },
    },
    rules: [{ name: "all", actions: [{ handler: "out", instances: ["requests", "took"] }] }],
  };
}

async function start(adapter: string, params: object, own?: object): Promise<void> {
  hub = await startHub({ base: [], settings: settingsOf(adapter, params, own) });
}
afterEach(() => hub.stop());

/** Reports so many requests, to ten paths by turns. */
async function report(count: number): Promise<void> {
  const attributes = Array.from({ length: count }, (_, i) => ({
    "context.protocol": "http",
    "request.path": `/${i % 10}`,
    "response.duration": i % 2 === 0 ? "5ms" : "50ms",
    "response.code": 200,
    "trace.id": i.toString(16).padStart(32, "a"),
  }));
  const body = JSON.stringify({ attributes });
  const headers = { "content-type": "application/json" };
  const response = await fetch(`http://${hub.listeners.http}/v1/report`, { method: "POST", headers, body });
  expect(await response.json()).toEqual({ accepted: count, rejected: [] });
}

interface Ledger {
  readonly delivered: number;
  readonly deadLettered: number;
  readonly lastError?: { readonly reason: string };
}

/** What the hub says became of the instances sent to its handler. */
async function ledger(): Promise<Ledger> {
  const { handlers } = (await (await hub.get("/api/v1/handlers")).json()) as { handlers: [Ledger] };
  return handlers[0];
}

function countOf(point: NumberDataPoint | HistogramDataPoint): number {
  return "count" in point ? Number(point.count) : Number(point.value.value);
}

describeWith("prometheus")("remote write to a real Prometheus", () => {
  test("loses nothing while the receiver is away, and ends its series", async () => {
    const folder = temporaryFolder("receiver");
    const address = `127.0.0.1:${await freePort()}`;
    let receiver = await startReceiver(address, folder.path);
    await start("prometheus-remote-write", { url: `http://${address}/api/v1/write`, labels: { instance: "hub" } });

    await report(1000);
    await waitUntil("all requests", async () => (await receiver.value("sum(requests_total)")) === 1000);
    expect(await receiver.query("count by (job, instance) (requests_total)")).toEqual([
      { labels: { job: "mixdown", instance: "hub" }, value: 10 },
    ]);
    expect(await receiver.value("took_seconds_count")).toBe(1000);
    expect(await receiver.value('took_seconds_bucket{le="0.01"}')).toBe(500);
    expect(await receiver.value("took_seconds_sum")).toBeCloseTo(27.5, 6);
    // The first increments are seen by functions of ranges, because series begin at zero.
    expect(await receiver.value("sum(max_over_time(requests_total[1m]) - min_over_time(requests_total[1m]))")).toBe(
      1000,
    );
    const exemplars = await fetch(
      `http://${address}/api/v1/query_exemplars?query=took_seconds_bucket&start=${Date.now() / 1000 - 60}&end=${Date.now() / 1000 + 60}`,
    );
    expect(JSON.stringify(await exemplars.json())).toContain('"trace_id":"aaaa');

    await receiver.stop();
    for (let i = 0; i < 4; i++) {
      await report(500);
      await waitUntil("an attempt in vain", async () => (await ledger()).lastError !== undefined);
    }
    receiver = await startReceiver(address, folder.path);
    await waitUntil("what was sent meanwhile", async () => (await receiver.value("sum(requests_total)")) === 3000);
    expect(await receiver.value("took_seconds_count")).toBe(3000);

    expect(await hub.stop()).toBe(0);
    await waitUntil("the end of the series", async () => (await receiver.query("requests_total")).length === 0, 5000);
    expect(await receiver.value("sum(max_over_time(requests_total[1m]))")).toBe(3000);
    expect(receiver.process.stderr()).not.toMatch(/out of order|duplicate/i);
    await receiver.stop();
    folder.remove();
  });

  test("a reload under load ends the former series before the new ones begin", async () => {
    const folder = temporaryFolder("receiver");
    const address = `127.0.0.1:${await freePort()}`;
    const receiver = await startReceiver(address, folder.path);
    const params = { url: `http://${address}/api/v1/write` };
    await start("prometheus-remote-write", params);
    let reported = 0;
    for (let reloads = 1; reloads <= 3; reloads++) {
      hub.configure(settingsOf("prometheus-remote-write", { ...params, maxSeries: 1000 + reloads }));
      await waitUntil("the reload", async () => {
        await report(10);
        reported += 10;
        return hub.log().filter(({ msg }) => msg === "reloaded").length >= reloads;
      });
      // A new series may begin in the millisecond in which the former ends.
      await report(10);
      reported += 10;
    }
    await waitUntil("all to be delivered", async () => {
      const { delivered, deadLettered } = await ledger();
      expect(deadLettered).toBe(0);
      return delivered === 2 * reported;
    });
    expect(await hub.stop()).toBe(0);
    expect(receiver.process.stderr()).not.toMatch(/out of order|duplicate/i);
    await receiver.stop();
    folder.remove();
  });
});

describeWith("otelcol")("OTLP to a real collector", () => {
  test.each(["grpc", "http"] as const)(
    "over %s: running totals, units, buckets and ends, though it goes away",
    async (protocol) => {
      const collector = await startOtelCollector();
      const instance = { "service.instance.id": "hub-1" };
      await start("otlp-metrics", { endpoint: collector[protocol], protocol, resource: instance });
      const last = (metric: string) =>
        collector.points().findLast((each) => each.metric === metric && !each.point.flags);
      const totals = () => {
        const latest = collector.points().filter((each) => each.metric === "requests" && !each.point.flags);
        const byPath = new Map(
          latest.map(({ attributes, point }) => [attributes.path!.stringValue, Number(point.asDouble)]),
        );
        return [...byPath.values()].reduce((sum, value) => sum + value, 0);
      };
      await report(100);
      await waitUntil("the first totals", () => totals() === 100);
      await collector.pause();
      await report(200);
      await waitUntil("an attempt in vain", async () => (await ledger()).lastError !== undefined);
      await collector.resume();
      await waitUntil("the totals", () => totals() === 300);
      expect(last("requests")).toMatchObject({
        resource: { "service.name": { stringValue: "mixdown" }, "service.instance.id": { stringValue: "hub-1" } },
        temporality: 2,
        isMonotonic: true,
      });
      await waitUntil("the histogram", () => last("took_seconds")?.point.count === "300");
      expect(last("took_seconds")).toMatchObject({
        unit: "s",
        temporality: 2,
        point: { explicitBounds: [0.01, 0.1], bucketCounts: ["150", "150", "0"], exemplars: expect.any(Array) },
      });
      expect(await hub.stop()).toBe(0);
      await waitUntil("all ends", () => collector.points().filter(({ point }) => point.flags === 1).length === 11);
      await collector.stop();
    },
  );
});

test("OTLP deltas add up to all that was reported, through failures and at the end", async () => {
  const backend = await startOtlpBackend();
  await start("otlp-metrics", { endpoint: `http://${backend.address}`, temporality: "delta" });
  /** Sums and counts of the requests that the backend took. */
  const taken: Buffer[] = [];
  let seen = 0;
  const total = (metric: string) =>
    taken
      .flatMap((body) => fromBinary(MetricsDataSchema, body).resourceMetrics)
      .flatMap(({ scopeMetrics }) => scopeMetrics[0]!.metrics)
      .filter(({ name }) => name === metric)
      .flatMap(({ data }) => (data.value!.dataPoints as (HistogramDataPoint | NumberDataPoint)[]).map(countOf))
      .reduce((sum, count) => sum + count, 0);
  const collect = (isTaken: boolean) => {
    if (isTaken) taken.push(...backend.received.slice(seen).map(({ body }) => body));
    seen = backend.received.length;
  };

  await report(500);
  await waitUntil("the first delta", () => backend.received.length > 0);
  collect(true);
  backend.answer = { code: status.UNAVAILABLE, details: "busy" };
  await report(700);
  await waitUntil("attempts in vain", () => backend.received.length >= seen + 3);
  collect(false);
  backend.answer = new Uint8Array(0);
  await report(300);
  expect(await hub.stop()).toBe(0);
  collect(true);
  expect([total("requests"), total("took_seconds")]).toEqual([1500, 1500]);
});

test("StatsD lines add up to all that was reported", async () => {
  const server = createSocket("udp4");
  const lines: string[] = [];
  server.on("message", (datagram) => lines.push(...datagram.toString().split("\n")));
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  await start("statsd", { address: `127.0.0.1:${server.address().port}` }, { metrics: { took: { kind: "timing" } } });
  await report(500);
  const counted = () =>
    lines
      .map((line) => /^requests:(\d+)\|c\|#path:\/\d$/.exec(line))
      .reduce((sum, match) => sum + Number(match?.[1] ?? 0), 0);
  const timed = (ms: number) => lines.filter((line) => line === `took:${ms}|ms`).length;
  await waitUntil("all lines", () => counted() === 500 && timed(5) + timed(50) === 500);
  expect([timed(5), timed(50)]).toEqual([250, 250]);
  server.close();
});

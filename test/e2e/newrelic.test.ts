import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startNewRelicFake } from "../support/newrelic-fake.ts";
import { type Hub, startHub } from "./support/hub.ts";
import { waitUntil } from "./support/wait.ts";

const fake = await startNewRelicFake(Date.now);
let hub: Hub;

const address = "127.0.0.1:0";
const settings = {
  listeners: { grpc: null, http: { address }, admin: { address } },
  handlers: {
    newrelic: {
      adapter: "newrelic",
      params: {
        licenseKey: "key-of-tests",
        ...fake.urls,
        attributes: { mesh: "east" },
        message: "request.path",
        metrics: { duration: { kind: "histogram" } },
        interval: "1s",
      },
      batch: { maxItems: 100, maxAge: "20ms" },
      retry: { initial: "10ms", max: "50ms" },
    },
  },
  instances: {
    access: { template: "logentry", params: { variables: { code: "response.code" } } },
    calls: { template: "edge" },
    spans: { template: "tracespan" },
    requests: { template: "metric", params: { dimensions: { code: "response.code" } } },
    duration: { template: "metric", params: { value: "response.duration" } },
  },
  rules: [
    {
      name: "all",
      actions: [{ handler: "newrelic", instances: ["access", "calls", "spans", "requests", "duration"] }],
    },
  ],
};

beforeAll(async () => {
  hub = await startHub({ base: [], settings });
});
afterAll(async () => {
  await hub.stop();
});
beforeEach(() => fake.reset());

/** Reports requests that ended at a time, each with a path and a trace of its own. */
async function report(from: number, count: number, endedMs = Date.now()): Promise<void> {
  const attributes = Array.from({ length: count }, (_, i) => ({
    "context.protocol": "http",
    "request.method": "GET",
    "request.path": `/${from + i}`,
    "request.time": new Date(endedMs - 12).toISOString(),
    "response.duration": "12ms",
    "response.code": 200,
    "source.workload.name": "web",
    "destination.service.name": "cart",
    "trace.id": (from + i).toString(16).padStart(32, "a"),
    "trace.span_id": "b7ad6b7169203331",
  }));
  const body = JSON.stringify({ attributes });
  const headers = { "content-type": "application/json" };
  const response = await fetch(`http://${hub.listeners.http}/v1/report`, { method: "POST", headers, body });
  expect(await response.json()).toEqual({ accepted: count, rejected: [] });
}

const paths = () => fake.logs.map(({ message }) => message as string).sort();
const expected = (from: number, count: number) => Array.from({ length: count }, (_, i) => `/${from + i}`).sort();

/** What the metrics of a name that came so far add up to: of summaries, their count. */
function added(name: string): number {
  const values = fake.metrics.filter((metric) => metric.name === name).map(({ value }) => value);
  return values.reduce<number>(
    (sum, value) => sum + (typeof value === "object" ? (value as { count: number }).count : Number(value)),
    0,
  );
}

const all = (count: number) => () =>
  [fake.logs, fake.events, fake.spans].every(({ length }) => length >= count) &&
  added("requests") >= count &&
  added("duration") >= count;

test("metrics, logs, events and spans arrive", async () => {
  await report(0, 250);
  await waitUntil("everything", all(250));
  expect(paths()).toEqual(expected(0, 250));
  expect(fake.logs[0]).toMatchObject({ attributes: { mesh: "east", logtype: "access", level: "info", code: 200 } });
  expect(fake.events[0]).toMatchObject({ eventType: "MeshEdge", mesh: "east", "destination.service": "cart" });
  expect(fake.spans[0]).toMatchObject({ attributes: { "service.name": "cart", "duration.ms": 12 } });
  expect([added("requests"), added("duration")]).toEqual([250, 250]);
  expect(fake.metrics.find(({ name }) => name === "requests")).toMatchObject({
    attributes: { mesh: "east", code: "200" },
  });
  const { value } = fake.metrics.find(({ name }) => name === "duration")!;
  expect(value).toMatchObject({ min: 0.012, max: 0.012 });
  expect(fake.integrationErrors).toEqual([]);
});

test("failures lose nothing and double nothing, and requests keep their ids", async () => {
  fake.behave("logs", 503, "cut", 413, 408);
  fake.behave("events", 429, 500);
  fake.behave("spans", "cut", 302);
  fake.behave("metrics", 500, "cut");
  fake.retryAfter = "1";
  for (let i = 0; i < 5; i++) await report(1000 + i * 100, 100);
  await waitUntil("everything", all(500));
  expect(paths()).toEqual(expected(1000, 500));
  expect([fake.logs.length, fake.events.length, fake.spans.length]).toEqual([500, 500, 500]);
  expect([added("requests"), added("duration")]).toEqual([500, 500]);
  expect(fake.integrationErrors).toEqual([]);
  const failed = fake.requests.filter(({ status }) => status === 429 || status === 500 || status === 408);
  expect(failed.length).toBeGreaterThan(0);
  for (const { requestId } of failed) {
    const statuses = fake.requests.filter((request) => request.requestId === requestId).map(({ status }) => status);
    expect(statuses.length).toBeGreaterThan(1);
  }
});

test("what New Relic would drop goes to the dead letters", async () => {
  const before = await hub.total("mixdown_handler_dead_lettered_total");
  await report(2000, 10, Date.now() - 49 * 3_600_000);
  await report(3000, 10);
  await waitUntil("what is recent", () => fake.logs.length >= 10 && fake.spans.length >= 20);
  expect(paths()).toEqual(expected(3000, 10));
  await waitUntil("dead letters", async () => (await hub.total("mixdown_handler_dead_lettered_total")) >= before + 20);
  await waitUntil("the metrics, which know no time of requests", () => added("requests") >= 20);
  expect(fake.spans).toHaveLength(20);
  expect(fake.integrationErrors).toEqual([]);
});

test("what waits is sent before the hub stops", async () => {
  fake.behave("logs", 503);
  await report(4000, 50);
  expect(await hub.stop()).toBe(0);
  expect(paths()).toEqual(expected(4000, 50));
  expect([added("requests"), added("duration")]).toEqual([50, 50]);
});

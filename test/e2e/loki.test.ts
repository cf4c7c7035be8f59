import { afterAll, beforeAll, expect, test } from "vitest";
import { startLokiFake } from "../support/loki-fake.ts";
import { type Hub, startHub } from "./support/hub.ts";
import { waitUntil } from "./support/wait.ts";

const fake = await startLokiFake();
let hub: Hub;

const address = "127.0.0.1:0";
const settings = {
  listeners: { grpc: null, http: { address }, admin: { address } },
  handlers: {
    loki: {
      adapter: "loki",
      params: { url: fake.url, labelsFrom: ["destination.service.name"], format: "logfmt" },
      batch: { maxItems: 50, maxAge: "20ms" },
      retry: { initial: "10ms", max: "50ms" },
    },
  },
  instances: { accesslog: { template: "logentry" } },
  rules: [{ name: "all", actions: [{ handler: "loki", instances: ["accesslog"] }] }],
};

beforeAll(async () => {
  hub = await startHub({ base: [], settings });
});
afterAll(async () => {
  await hub.stop();
});

async function report(count: number, endedMs: number, service: string): Promise<void> {
  const attributes = Array.from({ length: count }, () => ({
    "context.protocol": "http",
    "request.path": "/cart",
    "request.time": new Date(endedMs).toISOString(),
    "response.duration": "0ms",
    "response.code": 503,
    "destination.service.name": service,
    "trace.id": "0af7651916cd43dd8448eb211c80319c",
  }));
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ attributes });
  const response = await fetch(`http://${hub.listeners.http}/v1/report`, { method: "POST", headers, body });
  expect(await response.json()).toEqual({ accepted: count, rejected: [] });
}

test("the access log arrives, whatever Loki answers in between", async () => {
  fake.behave({ status: 429, retryAfter: "1" }, { status: 500 }, { status: 413 }, { status: 503 });
  await report(45, Date.now(), "cart");
  await waitUntil("the lines", () => fake.lines().length >= 45);
  expect(fake.lines()).toHaveLength(45);
  expect(fake.lines()[0]).toMatchObject({
    labels: { job: "mixdown", log: "accesslog", level: "error", destination_service_name: "cart" },
    line: expect.stringContaining("url.path=/cart "),
    metadata: { trace_id: "0af7651916cd43dd8448eb211c80319c" },
  });
  expect(fake.requests.map(({ status }) => status)).toEqual([429, 500, 413, 503, 204, 204]);
});

test("lines too old for Loki are dead letters", async () => {
  fake.reset();
  fake.oldest = BigInt(Date.now() - 3_600_000) * 1_000_000n;
  await report(5, Date.now() - 7_200_000, "late");
  await waitUntil("dead letters", async () => (await hub.total("mixdown_handler_dead_lettered_total")) === 5);
  expect(fake.lines()).toEqual([]);
});

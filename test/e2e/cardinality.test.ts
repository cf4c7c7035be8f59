import { afterAll, beforeAll, expect, test } from "vitest";
import { accessLogClient } from "./support/als-client.ts";
import { httpMessage, identifierMessage, requestEntry } from "./support/als-messages.ts";
import { select, sum } from "./support/exposition.ts";
import { freePorts, type Hub, startHub } from "./support/hub.ts";
import { measured } from "./support/needs.ts";
import { waitUntil } from "./support/wait.ts";

const distinct = 1_000_000;
const quiet = 1_000;
const batch = 100;
const maxSeries = 2_000;

/** Labels no one should use, to see that they cost memory for their budget only. */
const settings = {
  ...freePorts,
  handlers: { wide: { adapter: "prometheus", params: { maxSeries } } },
  instances: {
    by_path: { template: "metric", params: { dimensions: { path: "request.path" } } },
    by_agent: { template: "metric", params: { dimensions: { agent: "request.useragent" } } },
    by_host: { template: "metric", params: { dimensions: { host: "request.host" } } },
    by_code: { template: "metric", params: { dimensions: { code: "response.code" } } },
  },
  rules: [{ name: "wide", actions: [{ handler: "wide", instances: ["by_path", "by_agent", "by_host", "by_code"] }] }],
};

let hub: Hub;

beforeAll(async () => {
  hub = await startHub({ settings });
});

afterAll(() => hub.stop());

const arrived = () => hub.total("mixdown_records_total");

/** Sends requests `from` to `to`, each with values that `values` makes of its number. */
async function send(proxy: string, from: number, to: number, values: (request: number) => object): Promise<void> {
  const client = accessLogClient(hub.listeners.grpc ?? "");
  const before = await arrived();
  const stream = client.open();
  await stream.send(identifierMessage(proxy));
  for (let at = from; at < to; at += batch) {
    const entries = Array.from({ length: Math.min(batch, to - at) }, (_, offset) =>
      requestEntry({ id: `${proxy}-${at + offset}`, ...values(at + offset) }),
    );
    await stream.send(httpMessage(entries));
  }
  await stream.end();
  client.close();
  await waitUntil("the records to arrive", async () => (await arrived()) >= before + to - from, 60_000);
}

const hostile = (request: number) => ({
  path: `/p${request}x/q${request}?token=${request}`,
  userAgent: `agent/${request}`,
  authority: `h${request}.example`,
});
const modest = (request: number) => ({ path: "/cart", authority: "shop.example", code: request % 4 === 0 ? 500 : 200 });

test("a million distinct paths, user agents and hosts from one proxy", { timeout: 300_000 }, async () => {
  await send("quiet-proxy", 0, quiet, modest);
  const shop = { destination_service: /^shop\.example/ };
  const before = await hub.total("istio_requests_total", shop);
  expect(before).toBe(quiet);

  await send("hostile-proxy", 0, distinct / 4, hostile);
  const early = hub.residentMiB();
  const started = performance.now();
  await send("hostile-proxy", distinct / 4, distinct, hostile);
  const seconds = (performance.now() - started) / 1000;
  const late = hub.residentMiB();
  measured(
    "a million distinct values: resident memory",
    `${early.toFixed(0)} MiB after 250,000, ${late.toFixed(0)} MiB at the end`,
  );
  measured(
    "a million distinct values: pace",
    `${((distinct * 0.75) / seconds).toFixed(0)} entries a second, sender included`,
  );
  await send("quiet-proxy", quiet, 2 * quiet, modest);

  const samples = await hub.metrics();
  const requests = distinct + 2 * quiet;
  for (const name of ["by_path_total", "by_agent_total", "by_host_total", "by_code_total", "istio_requests_total"])
    expect([name, sum(samples, name)]).toEqual([name, requests]);
  for (const name of ["by_path_total", "by_agent_total", "by_host_total"])
    expect(select(samples, name).length).toBeLessThanOrEqual(maxSeries + 1);
  expect(sum(samples, "istio_requests_total", shop)).toBe(2 * quiet);
  expect(sum(samples, "by_code_total", { code: "500" })).toBe((2 * quiet) / 4);
  expect(sum(samples, "by_host_total", { host: "shop.example" })).toBe(2 * quiet);

  const overflow = sum(samples, "by_path_total", { otel_metric_overflow: "true" });
  expect(overflow).toBeGreaterThan(distinct - maxSeries - 1);
  expect(sum(samples, "mixdown_handler_overflow_total", { handler: "wide", metric: /path/ })).toBe(overflow);
  measured("a million distinct values: series on the page", String(samples.length));
  expect(late - early).toBeLessThan(60);
  expect(late).toBeLessThan(400);
});

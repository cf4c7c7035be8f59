import { afterAll, beforeAll, expect, test } from "vitest";
import { accessLogClient } from "./support/als-client.ts";
import { identifierMessage, numberedMessages, requestEntry } from "./support/als-messages.ts";
import { select, sum } from "./support/exposition.ts";
import { watchHealth } from "./support/health.ts";
import { freePorts, type Hub, startHub } from "./support/hub.ts";
import { measured } from "./support/needs.ts";

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
  // Collects garbage before it grows: what is left is what the hub holds, and a leak ends the process.
  hub = await startHub({ settings, env: { NODE_OPTIONS: "--max-old-space-size=192" } });
});

afterAll(() => hub.stop());

/** Sends requests from `from` to `to` on one stream; when it has ended, the hub has read them all. */
async function send(proxy: string, from: number, to: number, message: (first: number) => Uint8Array): Promise<void> {
  const client = accessLogClient(hub.listeners.grpc ?? "");
  const stream = client.open();
  await stream.send(identifierMessage(proxy));
  for (let first = from; first < to; first += batch) await stream.send(message(first));
  await stream.end();
  client.close();
}

const hostile = numberedMessages(batch, (number) =>
  requestEntry({
    id: `hostile-${number}`,
    path: `/p${number}x/q${number}?token=${number}`,
    userAgent: `agent/${number}`,
    authority: `h${number}.example`,
  }),
);
const modest = numberedMessages(batch, (number) => requestEntry({ id: `quiet-${number}`, path: "/cart", code: 500 }));

const counters = /^(# (HELP|TYPE) )?(by_\w+|istio_requests|mixdown_\w+)_total\b/;
const shop = { destination_service: /^shop\.example/ };

test("a million distinct paths, user agents and hosts from one proxy", { timeout: 300_000 }, async () => {
  await send("quiet-proxy", 0, quiet, modest);
  expect(await hub.total("istio_requests_total", shop)).toBe(quiet);

  await send("hostile-proxy", 0, distinct / 4, hostile);
  const early = hub.residentMiB();
  const started = performance.now();
  await send("hostile-proxy", distinct / 4, distinct, hostile);
  const seconds = (performance.now() - started) / 1000;
  const late = hub.residentMiB();
  await send("quiet-proxy", quiet, 2 * quiet, modest);
  const health = watchHealth(hub.listeners.grpc ?? "");
  const samples = await hub.samplesLike(counters);
  const { slowestMs } = await health.stop();
  const scraped = hub.residentMiB();
  const memory = [early, late, scraped].map((size) => size.toFixed(0));
  measured("a million distinct values: resident MiB after 250,000, after 1,000,000, after a scrape", memory.join(", "));
  measured("a million distinct values: entries a second, sender included", ((distinct * 0.75) / seconds).toFixed(0));
  measured("a million distinct values: slowest health answer while scraping", `${slowestMs.toFixed(0)} ms`);

  const total = (name: string, matcher = {}) => sum(samples, name, matcher);
  for (const name of ["by_path_total", "by_agent_total", "by_host_total", "by_code_total", "istio_requests_total"])
    expect([name, total(name)]).toEqual([name, distinct + 2 * quiet]);
  for (const name of ["by_path_total", "by_agent_total", "by_host_total"])
    expect(select(samples, name).length).toBeLessThanOrEqual(maxSeries + 1);
  expect(total("istio_requests_total", shop)).toBe(2 * quiet);
  expect(total("by_code_total", { code: "500" })).toBe(2 * quiet);
  expect(total("by_host_total", { host: "shop.example" })).toBe(2 * quiet);

  const overflow = total("by_path_total", { otel_metric_overflow: "true" });
  expect(overflow).toBeGreaterThan(distinct - maxSeries - 1);
  expect(total("mixdown_handler_overflow_total", { handler: "wide", metric: /path/ })).toBe(overflow);
  expect(late - early).toBeLessThan(100);
  expect(scraped).toBeLessThan(600);
});

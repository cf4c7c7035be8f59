import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import { startNewRelicFake } from "./newrelic-fake.ts";

const nowMs = 1_700_000_000_000;
const fake = await startNewRelicFake(() => nowMs);
beforeEach(() => fake.reset());

const good: Readonly<Record<string, string>> = {
  "api-key": "key-of-tests",
  "content-type": "application/json",
  "x-request-id": "4f9c2b1e-0d5a-4c3b-8a7e-1234567890ab",
  "user-agent": "tests",
};

async function asked(url: string, body: unknown, headers: Record<string, string | undefined> = {}, method = "POST") {
  const all = Object.entries({ ...good, ...headers }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const bytes = body instanceof Uint8Array || typeof body === "string" ? body : JSON.stringify(body);
  const init = method === "GET" ? {} : { body: bytes as string };
  return (await fetch(url, { method, headers: all, ...init })).status;
}

const { metricUrl, logUrl, traceUrl, eventUrl } = fake.urls;
const log = { timestamp: nowMs, message: "m" };
const metric = { name: "m", type: "gauge", value: 1, timestamp: nowMs };

describe("the fake of New Relic", () => {
  it("takes what is right", async () => {
    expect(
      await asked(logUrl, [{ common: { timestamp: nowMs, attributes: { a: 1 } }, logs: [{ message: "m" }] }]),
    ).toBe(202);
    expect(
      await asked(metricUrl, gzipSync(JSON.stringify([{ metrics: [metric] }])), { "content-encoding": "gzip" }),
    ).toBe(202);
    expect(await asked(traceUrl, [{ spans: [{ id: "a", "trace.id": "b", timestamp: nowMs }] }])).toBe(202);
    expect(await asked(eventUrl, [{ eventType: "E", timestamp: nowMs, a: "b" }])).toBe(200);
    expect(fake.logs).toEqual([{ timestamp: nowMs, message: "m", attributes: { a: 1 } }]);
    expect([fake.metrics.length, fake.spans.length, fake.events.length]).toEqual([1, 1, 1]);
    expect(fake.integrationErrors).toEqual([]);
  });

  it.each<[number, string, unknown, Record<string, string | undefined>, string?]>([
    [401, logUrl, [], { "api-key": undefined }],
    [403, logUrl, [], { "api-key": "another" }],
    [404, `${logUrl}/x`, [], {}],
    [405, logUrl, undefined, {}, "GET"],
    [413, logUrl, "x".repeat(1_000_001), {}],
    [415, logUrl, [], { "content-type": "text/plain" }],
    [415, logUrl, [], { "content-encoding": "deflate" }],
    [400, logUrl, [], { "x-request-id": "1" }],
    [400, logUrl, [], { "content-encoding": "gzip" }],
    [400, logUrl, "{", {}],
    [400, logUrl, Buffer.from([0x22, 0xff, 0x22]), {}],
    [400, logUrl, { logs: [] }, {}],
    [400, logUrl, [{ logs: log }], {}],
    [400, logUrl, [{ metrics: [] }], {}],
    [400, traceUrl, [], { "data-format": "zipkin", "data-format-version": "2" }],
    [400, eventUrl, {}, {}],
  ])("answers %i", async (status, url, body, headers, method) => {
    expect(await asked(url, body, headers, method)).toBe(status);
  });

  it.each<[string, string, object]>([
    ["metrics: name", metricUrl, { ...metric, name: "n".repeat(255) }],
    ["metrics: type", metricUrl, { ...metric, type: "histogram" }],
    ["metrics: value", metricUrl, { ...metric, value: null }],
    ["metrics: value", metricUrl, { ...metric, type: "summary", "interval.ms": 1, value: { count: 1, sum: 1 } }],
    ["metrics: interval.ms", metricUrl, { ...metric, type: "count" }],
    ["metrics: timestamp", metricUrl, { ...metric, timestamp: nowMs - 48 * 3_600_000 - 1 }],
    ["metrics: reserved", metricUrl, { ...metric, attributes: { count: 1 } }],
    ["metrics: reserved", metricUrl, { ...metric, attributes: { m: 1 } }],
    ["metrics: attributes", metricUrl, { ...metric, attributes: { a: ["b"] } }],
    ["metrics: attributes", metricUrl, { ...metric, attributes: { a: "v".repeat(4097) } }],
    ["metrics: unknown keys", metricUrl, { ...metric, unit: "s" }],
    ["logs: message", logUrl, { timestamp: nowMs }],
    ["logs: timestamp", logUrl, { ...log, timestamp: nowMs + 24 * 3_600_000 + 1 }],
    ["logs: unknown keys", logUrl, { ...log, level: "info" }],
    [
      "logs: attributes",
      logUrl,
      { ...log, attributes: Object.fromEntries(Array.from({ length: 256 }, (_, i) => [i, 1])) },
    ],
    ["spans: id", traceUrl, { id: "a", timestamp: nowMs }],
    ["spans: timestamp", traceUrl, { id: "a", "trace.id": "b", timestamp: 1.5 }],
    ["spans: reserved", traceUrl, { id: "a", "trace.id": "b", timestamp: nowMs, attributes: { guid: "c" } }],
    ["events: eventType", eventUrl, { eventType: "a-b", timestamp: nowMs }],
    ["events: a truth value", eventUrl, { eventType: "E", timestamp: nowMs, a: true }],
    ["events: attributes", eventUrl, { eventType: "E", timestamp: nowMs, a: {} }],
  ])("drops afterwards: %s", async (fault, url, entry) => {
    const block = { [metricUrl]: "metrics", [logUrl]: "logs", [traceUrl]: "spans" }[url];
    const body = block === undefined ? [entry] : [{ [block]: [entry] }];
    expect([200, 202]).toContain(await asked(url, body));
    expect(fake.integrationErrors).toEqual([fault]);
    expect([...fake.metrics, ...fake.logs, ...fake.spans, ...fake.events]).toEqual([]);
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import type { InstanceDeclaration, LogEntryInstance } from "../../schemas/model/instance.ts";
import { startNewRelicFake } from "../../test/support/newrelic-fake.ts";
import { fakeHost } from "../testing/fake-host.ts";
import { aLogEntry, anEdge, aSpan, aTime } from "../testing/instances.ts";
import { aMetric, aTuple, declareMetric } from "../testing/metric-instance.ts";
import { config } from "./config.ts";
import { newrelic } from "./index.ts";

const nowMs = aTime.seconds * 1000;
const fake = await startNewRelicFake(() => nowMs);
beforeEach(() => fake.reset());

async function opened(settings: object = {}, instances: readonly InstanceDeclaration[] = []) {
  const host = fakeHost(instances, { fetch });
  const parsed = config.parse({ licenseKey: "key-of-tests", ...fake.urls, ...settings });
  const outlet = await newrelic.open(parsed, host);
  if ("record" in outlet) throw new Error("opened as an aggregator");
  const deliver = (...batch: Parameters<typeof outlet.deliver>[0]) =>
    outlet.deliver(batch, new AbortController().signal);
  return { host, outlet, deliver };
}

/** Text that gzip cannot make smaller. */
const noise = (bytes: number) => Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString("base64");
const bigNoise = (bytes: number) => Array.from({ length: Math.ceil(bytes / 48_000) }, () => noise(48_000)).join("");

describe("logs", () => {
  it("go to the Log API with what is known of them", async () => {
    const { deliver } = await opened({ attributes: { cluster: "east" } });
    const variables = { path: "/cart", code: 200, ok: true, labels: { app: "web" } };
    const traced = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };
    const entry = aLogEntry("access", { variables, severity: "warn", weight: 10, ...traced });
    expect(await deliver(entry)).toEqual({ status: "delivered" });
    expect(fake.logs).toEqual([
      {
        timestamp: nowMs,
        message: "access",
        attributes: {
          cluster: "east",
          logtype: "access",
          level: "warn",
          weight: 10,
          "trace.id": traced.traceId,
          "span.id": traced.spanId,
          path: "/cart",
          code: 200,
          ok: true,
          "labels.app": "web",
        },
      },
    ]);
    expect(fake.requests).toMatchObject([{ api: "logs", status: 202 }]);
  });

  it.each<[string, Partial<LogEntryInstance>, string, object]>([
    ["the setting", { computed: { message: "GET /" }, variables: { message: "own" } }, "GET /", { message: "own" }],
    ["the variable message", { variables: { message: "own" } }, "own", {}],
    ["a variable that is no text", { variables: { message: 7 } }, "7", {}],
    ["a variable that is a map", { variables: { message: { a: "b" } } }, '{"a":"b"}', {}],
    ["the instance, where the text is empty", { variables: { message: "" } }, "access", {}],
  ])("take their message from %s", async (_, parts, message, attributes) => {
    await (await opened()).deliver(aLogEntry("access", parts));
    expect(fake.logs).toEqual([
      { timestamp: nowMs, message, attributes: { logtype: "access", level: "info", ...attributes } },
    ]);
  });

  it("keep long values whole, and lose attributes beyond 255", async () => {
    const { host, deliver } = await opened();
    const variables = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`v${i}`, "x".repeat(5000)]));
    await deliver(aLogEntry("access", { variables }), aLogEntry("access", { variables }));
    expect(fake.integrationErrors).toEqual([]);
    const { attributes } = fake.logs[0] as { attributes: Record<string, string> };
    expect(Object.keys(attributes)).toHaveLength(255);
    expect(attributes.v0).toHaveLength(5000);
    expect(host.logged).toEqual([
      { level: "warn", fields: { instance: "access", what: "count" }, message: expect.stringContaining("cut off") },
    ]);
  });
});

describe("events", () => {
  const edgeFields = {
    timestamp: nowMs,
    "source.name": "web",
    "source.namespace": "shop",
    "destination.name": "cart",
    "destination.namespace": "shop",
    protocol: "http",
  };

  it("are what edges become", async () => {
    const { deliver } = await opened({ attributes: { cluster: "east", canary: false }, events: { own: "MyEdge" } });
    await deliver(anEdge("calls"), anEdge("own", { protocol: undefined }));
    const { protocol: _, ...unknown } = edgeFields;
    expect(fake.events).toEqual([
      { eventType: "MeshEdge", cluster: "east", canary: "false", ...edgeFields },
      { eventType: "MyEdge", cluster: "east", canary: "false", ...unknown },
    ]);
  });

  it("are what log entries become where the settings say so", async () => {
    const { deliver } = await opened({ events: { access: "MeshAccess" } });
    const traced = { traceId: "ab", spanId: "cd" };
    await deliver(
      aLogEntry("access", { variables: { code: 200, ok: true, body: "x".repeat(5000) }, weight: 2, ...traced }),
      aLogEntry("toString"),
    );
    const common = { timestamp: nowMs, level: "info" };
    expect(fake.events).toEqual([
      {
        eventType: "MeshAccess",
        ...common,
        weight: 2,
        "trace.id": "ab",
        "span.id": "cd",
        code: 200,
        ok: "true",
        body: "x".repeat(4095),
      },
    ]);
    expect(fake.logs).toHaveLength(1);
  });
});

describe("spans", () => {
  it("go to the Trace API", async () => {
    const { deliver } = await opened({ attributes: { cluster: "east" } });
    await deliver(
      aSpan("spans", { attributes: { "http.route": "/" }, parentSpanId: "00f067aa0ba902b7", status: "ok" }),
    );
    expect(fake.spans).toEqual([
      {
        id: "b7ad6b7169203331",
        "trace.id": "0af7651916cd43dd8448eb211c80319c",
        timestamp: nowMs,
        attributes: {
          cluster: "east",
          name: "GET /",
          "service.name": "cart",
          "duration.ms": 12.5,
          "span.kind": "server",
          "parent.id": "00f067aa0ba902b7",
          "otel.status_code": "OK",
          "http.route": "/",
        },
      },
    ]);
  });

  it("that failed have a message, by which New Relic knows them", async () => {
    const { deliver } = await opened();
    await deliver(
      aSpan("spans", { status: "error" }),
      aSpan("spans", { status: "error", attributes: { "error.message": "no route" } }),
      aSpan("spans"),
    );
    const messages = fake.spans.map(({ attributes }) => (attributes as Record<string, unknown>)["error.message"]);
    expect(messages).toEqual(["error", "no route", undefined]);
  });

  it("last across the second", async () => {
    const times = {
      startTime: { seconds: 1_700_000_000, nanos: 999_000_000 },
      endTime: { seconds: 1_700_000_002, nanos: 0 },
    };
    await (await opened()).deliver(aSpan("spans", times));
    expect(fake.spans).toMatchObject([{ timestamp: 1_700_000_000_999, attributes: { "duration.ms": 1001 } }]);
  });
});

describe("metrics", () => {
  const instances = [
    declareMetric("requests", ["code"]),
    declareMetric("wait", [], "DURATION"),
    declareMetric("level"),
  ];
  const metrics = { requests: { name: "mesh.requests" }, wait: { kind: "histogram" }, level: { kind: "gauge" } };

  it("are sent as what the time since the last harvest came to", async () => {
    const { host, outlet, deliver } = await opened({ metrics, attributes: { mesh: "east" } }, instances);
    const sums = outlet.sums!;
    const hit = (code: string, weight = 1) => sums.record(aMetric("requests", { labels: aTuple({ code }), weight }));
    hit("200");
    hit("200", 10);
    hit("503");
    for (const seconds of [0.5, 3, 1]) sums.record(aMetric("wait", { value: seconds * 1e9 }));
    sums.record(aMetric("level", { value: 7 }));
    host.nowMs += 30_000;
    expect(await deliver(...sums.harvest())).toEqual({ status: "delivered" });
    const mesh = { mesh: "east" };
    const interval = { timestamp: nowMs, "interval.ms": 30_000 };
    expect(fake.metrics).toEqual([
      { name: "mesh.requests", type: "count", value: 11, ...interval, attributes: { ...mesh, code: "200" } },
      { name: "mesh.requests", type: "count", value: 1, ...interval, attributes: { ...mesh, code: "503" } },
      { name: "wait", type: "summary", value: { count: 3, sum: 4.5, min: 0.5, max: 3 }, ...interval, attributes: mesh },
      { name: "level", type: "gauge", value: 7, timestamp: nowMs + 30_000, attributes: mesh },
    ]);
    expect(fake.integrationErrors).toEqual([]);

    fake.reset();
    hit("200", 2);
    sums.record(aMetric("wait", { value: 2e9 }));
    host.nowMs += 10_000;
    await deliver(...sums.harvest(true));
    expect(fake.metrics).toMatchObject([
      { name: "mesh.requests", value: 2, timestamp: nowMs + 30_000, "interval.ms": 10_000 },
      { name: "wait", value: { count: 1, sum: 2, min: 2, max: 2 } },
    ]);
  });

  it("that are no numbers are left out", async () => {
    const { outlet, deliver } = await opened({ metrics }, instances);
    outlet.sums!.record(aMetric("level", { value: NaN }));
    outlet.sums!.record(aMetric("requests", { labels: aTuple({ code: "200" }) }));
    const points = outlet.sums!.harvest();
    expect(await deliver(...points)).toMatchObject({ status: "partial", rejected: [1], retry: [] });
    expect(fake.metrics).toHaveLength(1);
    expect(fake.integrationErrors).toEqual([]);
  });

  it("are read as often as the settings say", async () => {
    expect((await opened()).outlet.sums!.intervalMs).toBe(30_000);
    expect((await opened({ interval: "5s" })).outlet.sums!.intervalMs).toBe(5000);
  });
});

describe("a mixed batch", () => {
  const mixed = [aLogEntry("access"), anEdge("calls"), aSpan("spans"), aLogEntry("access"), anEdge("calls")] as const;

  it("is one request for each API, each with an id of its own", async () => {
    const { deliver } = await opened();
    expect(await deliver(...mixed)).toEqual({ status: "delivered" });
    expect(fake.requests.map(({ api }) => api).sort()).toEqual(["events", "logs", "spans"]);
    expect(new Set(fake.requests.map(({ requestId }) => requestId)).size).toBe(3);
    expect([fake.logs.length, fake.events.length, fake.spans.length]).toEqual([2, 2, 1]);
    expect(fake.integrationErrors).toEqual([]);
  });

  it("is sent again in part, under the same id", async () => {
    const { deliver } = await opened();
    fake.behave("events", 503);
    fake.behave("spans", 403);
    expect(await deliver(...mixed)).toEqual({
      status: "partial",
      retry: [1, 4],
      rejected: [2],
      reason: expect.stringMatching(/503.*; .*403/),
    });
    expect(await deliver(mixed[1], mixed[4])).toEqual({ status: "delivered" });
    const ids = fake.requests.filter(({ api }) => api === "events").map(({ requestId }) => requestId);
    expect(ids).toEqual([ids[0], ids[0]]);
  });
});

describe("an answer", () => {
  it.each([
    [200, "delivered"],
    [202, "delivered"],
    [299, "delivered"],
    [301, "retry"],
    [400, "rejected"],
    [401, "rejected"],
    [402, "retry"],
    [403, "rejected"],
    [404, "rejected"],
    [405, "rejected"],
    [408, "retry"],
    [409, "rejected"],
    [410, "rejected"],
    [411, "rejected"],
    [413, "too_large"],
    [414, "rejected"],
    [415, "rejected"],
    [418, "retry"],
    [429, "retry"],
    [431, "rejected"],
    [500, "retry"],
    [501, "retry"],
    [503, "retry"],
    [505, "retry"],
    [599, "retry"],
  ])("of %i means %s", async (status, meaning) => {
    const { deliver } = await opened();
    fake.behave("logs", status);
    expect((await deliver(aLogEntry("access"), aLogEntry("access"))).status).toBe(meaning);
  });

  it("may say when to come again", async () => {
    const { deliver } = await opened();
    fake.behave("logs", 429);
    fake.retryAfter = "120";
    expect(await deliver(aLogEntry("access"))).toMatchObject({ status: "retry", afterMs: 120_000 });
  });

  it("that does not come is worth another attempt", async () => {
    const { deliver } = await opened();
    const entry = aLogEntry("access");
    fake.behave("logs", "cut");
    expect(await deliver(entry)).toMatchObject({ status: "retry" });
    expect(await deliver(entry)).toEqual({ status: "delivered" });
  });

  it("to a wrong key is final", async () => {
    const { deliver } = await opened({ licenseKey: "another" });
    expect(await deliver(aLogEntry("access"), anEdge("calls"), aSpan("spans"))).toMatchObject({
      status: "rejected",
      reason: expect.stringContaining("403"),
    });
  });
});

describe("limits", () => {
  it("a body above 10^6 bytes as sent is not sent", async () => {
    const { deliver } = await opened();
    const half = aLogEntry("access", { variables: { body: bigNoise(500_000) } });
    expect(await deliver(half, half, half)).toMatchObject({ status: "too_large" });
    expect(fake.requests).toEqual([]);
    expect(await deliver(half)).toEqual({ status: "delivered" });
    expect(fake.requests[0]!.bytes).toBeGreaterThan(400_000);
  });

  it("a body of many megabytes that packs well is sent", async () => {
    const { deliver } = await opened();
    const entry = aLogEntry("access", { variables: { body: "x".repeat(5_000_000) } });
    expect(await deliver(entry)).toEqual({ status: "delivered" });
    expect(fake.requests[0]!.bytes).toBeLessThan(100_000);
  });

  it("halves are requests of their own", async () => {
    const { deliver } = await opened();
    const [a, b] = [aLogEntry("access"), aLogEntry("access")];
    fake.behave("logs", 413);
    expect(await deliver(a, b)).toMatchObject({ status: "too_large" });
    await deliver(a);
    await deliver(b);
    expect(new Set(fake.requests.map(({ requestId }) => requestId)).size).toBe(3);
  });

  it("what New Relic would drop by its time is not sent", async () => {
    const { deliver } = await opened();
    const at = (hours: number, milliseconds = 0) => ({
      time: { seconds: aTime.seconds + hours * 3600, nanos: milliseconds * 1e6 },
    });
    const delivery = await deliver(
      aLogEntry("access", at(-48)),
      aLogEntry("access", at(24)),
      aLogEntry("access", at(-49)),
      anEdge("calls", at(24, 1)),
    );
    expect(delivery).toEqual({
      status: "partial",
      rejected: [2, 3],
      retry: [],
      reason: "older than the 48 h that New Relic takes; more than the 24 h ahead that New Relic takes",
    });
    expect(fake.logs).toHaveLength(2);
    expect([fake.events, fake.integrationErrors]).toEqual([[], []]);
  });
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { createAuthority } from "../../test/support/certificates.ts";
import { startServer } from "../../test/support/http-server.ts";
import { startLokiFake } from "../../test/support/loki-fake.ts";
import { fakeHost } from "../testing/fake-host.ts";
import { aLogEntry, aTime } from "../testing/instances.ts";
import { config } from "./config.ts";
import { loki } from "./index.ts";

const fake = await startLokiFake();
beforeEach(() => fake.reset());

async function opened(settings: object = {}) {
  const host = fakeHost([], { fetch });
  const outlet = await loki.open(config.parse({ url: fake.url, ...settings }), host);
  if ("record" in outlet) throw new Error("opened as an aggregator");
  const deliver = (...batch: Parameters<typeof outlet.deliver>[0]) =>
    outlet.deliver(batch, new AbortController().signal);
  return { host, deliver };
}

const traced = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };

describe("log entries", () => {
  it("are pushed as lines of streams, to the nanosecond", async () => {
    const { deliver } = await opened({ tenant: "shop" });
    const variables = { path: "/cart", code: 200, labels: { app: "web" } };
    const time = { seconds: aTime.seconds, nanos: 5 };
    expect(await deliver(aLogEntry("access", { variables, time, ...traced }))).toEqual({ status: "delivered" });
    expect(fake.lines()).toEqual([
      {
        labels: { log: "access", level: "info", job: "mixdown" },
        time: "1700000000000000005",
        line: '{"path":"/cart","code":200,"labels":{"app":"web"}}',
        metadata: { trace_id: traced.traceId, span_id: traced.spanId },
      },
    ]);
    expect(fake.requests).toEqual([{ tenant: "shop", status: 204 }]);
  });

  it("have the labels and metadata that the settings say", async () => {
    const { deliver } = await opened({
      labels: { env: "prod" },
      labelsFrom: ["source.namespace", "ok"],
      metadata: ["user", "labels"],
      format: "logfmt",
      compression: "none",
    });
    const variables = { "source.namespace": "shop", ok: true, user: "ada", labels: { app: "web" }, path: "/a b" };
    await deliver(aLogEntry("access", { variables, severity: "error", weight: 10, ...traced }));
    expect(fake.lines()).toMatchObject([
      {
        labels: { log: "access", level: "error", env: "prod", source_namespace: "shop", ok: "true" },
        line: `trace_id=${traced.traceId} span_id=${traced.spanId} weight=10 source.namespace=shop ok=true path="/a b"`,
        metadata: { user: "ada", "labels.app": "web" },
      },
    ]);
    expect(fake.requests).toEqual([{ tenant: undefined, status: 204 }]);
  });

  it("that are alike to the nanosecond are all kept, also when they are sent again or in halves", async () => {
    const { deliver } = await opened();
    const entries = [1, 2, 3].map(() => aLogEntry("access"));
    const other = aLogEntry("access", { severity: "warn" });
    for (const batch of [[...entries, other], entries.slice(0, 2), entries.slice(2), entries]) await deliver(...batch);
    await deliver(aLogEntry("access"));
    const times = fake.lines().map(({ labels, time }) => [labels.level, time]);
    expect(times).toEqual([
      ["info", "1700000000000000000"],
      ["info", "1700000000000000001"],
      ["info", "1700000000000000002"],
      ["warn", "1700000000000000000"],
      ["info", "1700000000000000003"],
    ]);
  });

  it("before 1970 have a time, too", async () => {
    const { deliver } = await opened();
    fake.oldest = -1_000_000_000_000n;
    await deliver(aLogEntry("access", { time: { seconds: -1, nanos: 1 } }));
    expect(fake.lines()).toMatchObject([{ time: "-999999999" }]);
  });
});

describe("streams", () => {
  const of = (user: string) => aLogEntry("access", { variables: { user } });

  it("stay few", async () => {
    const { host, deliver } = await opened({ labelsFrom: ["user"], maxStreams: 2 });
    await deliver(of("a"), of("b"), of("c"), of("d"), of("a"), of(""), of("x".repeat(3000)));
    const users = fake.lines().map(({ labels }) => labels.user ?? labels.overflow);
    expect(users).toEqual(["a", "a", "b", "true", "true", "true", undefined]);
    expect(host.total("overflow", { metric: "access" })).toBe(3);
    expect(fake.lines()[3]!.line).toBe('{"user":"c"}');
  });

  it("that are idle for an hour give way", async () => {
    const { host, deliver } = await opened({ labelsFrom: ["user"], maxStreams: 2 });
    await deliver(of("a"), of("b"));
    host.nowMs += 3_000_000;
    await deliver(of("a"));
    host.nowMs += 600_000;
    await deliver(of("c"), of("d"));
    const streams = fake.lines().map(({ labels, line }) => [line, labels.user]);
    expect(streams).toContainEqual(['{"user":"c"}', "c"]);
    expect(streams).toContainEqual(['{"user":"d"}', undefined]);
  });

  it("of an entry that is sent again are the same", async () => {
    const { host, deliver } = await opened({ labelsFrom: ["user"], maxStreams: 1 });
    const late = of("b");
    await deliver(of("a"), late);
    host.nowMs += 3_600_000;
    await deliver(late);
    expect(host.total("overflow")).toBe(1);
    expect(fake.lines()).toHaveLength(2);
  });

  it("have labels of at most 2048 characters", async () => {
    const { deliver } = await opened({ labelsFrom: ["user"] });
    expect(await deliver(of("x".repeat(3000)))).toEqual({ status: "delivered" });
    expect(fake.lines()[0]!.labels.user).toHaveLength(2048);
  });
});

describe("an answer", () => {
  it.each([
    [204, "delivered"],
    [200, "delivered"],
    [400, "rejected"],
    [401, "rejected"],
    [404, "rejected"],
    [413, "too_large"],
    [429, "retry"],
    [500, "retry"],
    [503, "retry"],
  ])("of %i means %s", async (status, meaning) => {
    fake.behave({ status });
    expect((await (await opened()).deliver(aLogEntry("access"), aLogEntry("access"))).status).toBe(meaning);
  });

  it("may say when to come again", async () => {
    fake.behave({ status: 429, retryAfter: "3", body: "Ingestion rate limit exceeded" });
    expect(await (await opened()).deliver(aLogEntry("access"))).toEqual({
      status: "retry",
      reason: "the backend answered 429: Ingestion rate limit exceeded",
      afterMs: 3000,
    });
  });

  it("to lines too old is final", async () => {
    fake.oldest = 1_700_000_000_000_000_001n;
    expect(await (await opened()).deliver(aLogEntry("access"))).toMatchObject({
      status: "rejected",
      reason: expect.stringContaining("too far behind"),
    });
    expect(fake.lines()).toEqual([]);
  });
});

describe("TLS", () => {
  const folder = mkdtempSync(join(tmpdir(), "loki-tls-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("trusts the roots that it is given", async () => {
    const authority = createAuthority(folder);
    const server = await startServer(
      (_, response) => response.writeHead(204).end(),
      authority.issue("loki", ["IP:127.0.0.1"]),
    );
    const right = await opened({ url: server.url, tls: { ca: authority.ca } });
    expect(await right.deliver(aLogEntry("access"))).toEqual({ status: "delivered" });
    const wrong = await opened({ url: server.url });
    expect(await wrong.deliver(aLogEntry("access"))).toMatchObject({ status: "retry" });
  });
});

describe("the URL", () => {
  it("may name another path, behind a gateway", async () => {
    const { deliver } = await opened({ url: `${fake.url}/logs/push` });
    expect(await deliver(aLogEntry("access"))).toMatchObject({
      status: "rejected",
      reason: expect.stringContaining("404"),
    });
  });
});

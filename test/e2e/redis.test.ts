import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { LimitAnswer, LimitRequest, OpenLimitStore, Stores } from "../../adapters/limiter.ts";
import { config } from "../../adapters/redis/config.ts";
import { redis } from "../../adapters/redis/index.ts";
import { type FakeHost, fakeHost } from "../../adapters/testing/fake-host.ts";
import { createAuthority } from "../support/certificates.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { openRunningHub, type RunningHub } from "../support/running-hub.ts";
import { temporaryFolder } from "./support/folder.ts";
import { describeWith } from "./support/needs.ts";
import { freePort } from "./support/prometheus.ts";
import { type RedisServer, startRedis } from "./support/redis.ts";
import { startCluster, startWatched } from "./support/redis-group.ts";
import { pause, waitUntil } from "./support/wait.ts";

const { open } = redis.stores as Stores<unknown>;

/** What a test has open; closed after it. */
const opened: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

async function aStore(params: object): Promise<OpenLimitStore & { readonly host: FakeHost }> {
  const host = fakeHost([], { now: Date.now });
  const local = createMemoryStore({ maxKeys: 100, now: Date.now });
  const store = await open(config.parse({ timeout: "5s", ...params }), host, local);
  opened.push(store);
  return { ...store, host };
}

const aRequest = (request: Partial<LimitRequest> = {}): LimitRequest => ({
  ...{ key: "k", algorithm: "fixed", count: 100, windowMs: 86_400_000, burst: 100, cost: 1, ...request },
});

/** Takes until the store can be asked at all. */
async function connected(store: OpenLimitStore): Promise<void> {
  await waitUntil("the store to answer", () =>
    Promise.resolve(store.take(aRequest({ key: "first", cost: 0 }))).then(
      () => true,
      () => false,
    ),
  );
}

const allowedOf = (answers: readonly LimitAnswer[]): number => answers.filter(({ allowed }) => allowed).length;

describeWith("redis-server")("budgets in a real Redis", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    await server?.stop();
  });

  it.each(["gcra", "fixed", "sliding"] as const)(
    "of %s: three stores admit exactly 100 of 2,000",
    async (algorithm) => {
      const stores = await Promise.all([1, 2, 3].map(() => aStore({ address: server.address })));
      for (const store of stores) await connected(store);
      const request = aRequest({ algorithm, key: `three ${algorithm}` });
      const answers = await Promise.all(Array.from({ length: 2000 }, (_, i) => stores[i % 3]?.take(request)));
      expect(allowedOf(answers as LimitAnswer[])).toBe(100);
    },
  );

  it.each(["gcra", "fixed", "sliding"] as const)("of %s say the same as budgets in memory", async (algorithm) => {
    const store = await aStore({ address: server.address, leaseShare: 0 });
    const model = createMemoryStore({ maxKeys: 10, now: Date.now });
    await connected(store);
    for (const cost of [3, 4, 0, 9, 2, 1, -5, 4, 20, 6, -99, 10, 1]) {
      const request = aRequest({ algorithm, key: `same ${algorithm}`, count: 10, burst: 10, cost });
      const [ours, theirs] = [await store.take(request), (await model.take(request)) as LimitAnswer];
      expect([cost, ours.allowed, ours.remaining]).toEqual([cost, theirs.allowed, theirs.remaining]);
      await pause(110); // a refusal is not asked again before
    }
  });

  it("give back what was taken, and forget what is over", async () => {
    const store = await aStore({ address: server.address });
    await connected(store);
    const request = aRequest({ key: "back", windowMs: 3_600_000, cost: 40 });
    const answer = await store.take(request);
    answer.refund();
    await waitUntil("the refund", async () => (await store.take({ ...request, cost: 0 })).remaining === 100);
    const keys = await server.ask("KEYS", "*back*");
    const key = keys.find((line) => line.startsWith("mixdown:")) as string;
    expect(key).toContain("fixed|100|3600000|100|back");
    const [left] = await server.ask("PTTL", `"${key}"`);
    expect(Number(left?.slice(1))).toBeGreaterThan(0);
    expect(Number(left?.slice(1))).toBeLessThanOrEqual(3_600_000);
  });

  it("go on after the server has forgotten the scripts", async () => {
    const store = await aStore({ address: server.address });
    await connected(store);
    await server.ask("SCRIPT", "FLUSH");
    expect((await store.take(aRequest({ key: "scripts" }))).allowed).toBe(true);
    expect(await store.count({ key: "scripts count", hits: 2, limit: 10, keepMs: 60_000 })).toBe(2);
  });

  it("that are hot cost few round trips", async () => {
    const store = await aStore({ address: server.address });
    await connected(store);
    const calls = async () => {
      const lines = await server.ask("INFO", "commandstats");
      return Number(/cmdstat_evalsha:calls=(\d+)/.exec(lines.join("\n"))?.[1] ?? 0);
    };
    const before = await calls();
    for (let i = 0; i < 2000; i++) await store.take(aRequest({ key: "hot", count: 100_000, burst: 100_000 }));
    expect((await calls()) - before).toBeLessThan(100);
  });

  it("are the same for everyone behind a hub: 2,000 checks at three hubs admit 100", async () => {
    const handlers = { shared: { adapter: "redis", params: { address: server.address, timeout: "5s" } } };
    const rules = [
      { name: "l", limit: { key: ["1"], rate: "100/24h", algorithm: "fixed", store: "shared", timeout: "5s" } },
    ];
    const hubs = await Promise.all(
      [1, 2, 3].map(() => openRunningHub({ http: { address: "127.0.0.1:0" } }, { handlers, rules })),
    );
    opened.push(...hubs);
    const check = async (hub: RunningHub | undefined) => {
      const body = JSON.stringify({ attributes: {} });
      const answer = await fetch(`http://${hub?.listeners.http}/v1/check`, { method: "POST", body });
      return (await answer.json()) as { readonly allowed: boolean; readonly httpStatus: number };
    };
    for (const hub of hubs)
      await waitUntil("the hub to reach Redis", async () => (await check(hub)).httpStatus !== 403);
    await server.ask("FLUSHALL");
    await pause(200);
    await server.ask("FLUSHALL");
    const answers = await Promise.all(Array.from({ length: 2000 }, (_, i) => check(hubs[i % 3])));
    const of = (status: number) => answers.filter(({ httpStatus }) => httpStatus === status).length;
    expect({ allowed: of(200), refused: of(429), errors: of(403) }).toEqual({ allowed: 100, refused: 1900, errors: 0 });
  });
});

describeWith("redis-server")("a Redis that fails", () => {
  it("is an error within its time, whether it is gone or hangs, and is asked again when it is back", async () => {
    const port = await freePort();
    let server = await startRedis({ port });
    const store = await aStore({ address: server.address, timeout: "60ms", leaseShare: 0 });
    await connected(store);
    server.process.signal("SIGSTOP");
    const began = performance.now();
    await expect(store.take(aRequest({ key: "hangs" }))).rejects.toThrow();
    await expect(store.take(aRequest({ key: "hangs" }))).rejects.toThrow();
    const took = performance.now() - began;
    server.process.signal("SIGCONT");
    expect(took).toBeLessThan(2000);
    await waitUntil(
      "Redis to be asked again",
      () =>
        store.host.logged.some(({ message }) => message === "Redis answers again") ||
        Promise.resolve(store.take(aRequest({ key: "again" }))).then(
          () => true,
          () => false,
        ),
    );
    await server.stop();
    await waitUntil("an error without Redis", () =>
      Promise.resolve(store.take(aRequest({ key: "gone", cost: 2 }))).then(
        () => false,
        () => true,
      ),
    );
    server = await startRedis({ port });
    await connected(store);
    await server.stop();
    const messages = store.host.logged.map(({ message }) => message);
    expect(messages).toContain("Redis cannot be asked");
  });

  it("leaves budgets of the hub alone, where that is wanted, at once", async () => {
    const store = await aStore({ address: `127.0.0.1:${await freePort()}`, whenDown: "local", localShare: 0.1 });
    const answers = await Promise.all(Array.from({ length: 50 }, () => store.take(aRequest())));
    expect(allowedOf(answers)).toBe(10);
  });
});

describeWith("redis-server", "openssl")("a Redis behind TLS and a password", () => {
  it("is reached with both, and not without", async () => {
    const folder = temporaryFolder("redis-tls");
    const { cert, key, ca } = createAuthority(folder.path).issue("redis", ["DNS:localhost"]);
    const port = await freePort();
    const server = await startRedis({
      port: 0,
      args: [
        "--tls-port",
        String(port),
        "--tls-cert-file",
        cert,
        "--tls-key-file",
        key,
        "--tls-ca-cert-file",
        ca,
        "--tls-auth-clients",
        "no",
        "--requirepass",
        "s3cret",
      ],
    });
    opened.push({ close: () => server.stop() });
    const params = { address: `localhost:${port}`, tls: { ca } };
    const store = await aStore({ ...params, password: "s3cret" });
    await connected(store);
    expect((await store.take(aRequest({ key: "tls" }))).allowed).toBe(true);
    const stranger = await aStore({ ...params, password: "wrong" });
    await pause(500);
    await expect(Promise.resolve().then(() => stranger.take(aRequest()))).rejects.toThrow();
    folder.remove();
  });
});

describeWith("redis-server")("a cluster", () => {
  it("keeps each budget on one of its nodes", async () => {
    const cluster = await startCluster();
    opened.push({ close: () => cluster.stop() });
    const nodes = cluster.masters;
    const store = await aStore({ cluster: [nodes[0]?.address] });
    await connected(store);
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, i) => store.take(aRequest({ key: `key ${i % 20}`, count: 2 }))),
    );
    expect(allowedOf(answers)).toBe(40);
    const sizes = await Promise.all(nodes.map(async (node) => Number((await node.ask("DBSIZE"))[0]?.slice(1))));
    expect(Math.min(...sizes)).toBeGreaterThan(0);
  });
});

describeWith("redis-server")("sentinels", () => {
  it("name the master", async () => {
    const watched = await startWatched();
    opened.push({ close: () => watched.stop() });
    const store = await aStore({ sentinel: { master: "main", addresses: [watched.sentinel] } });
    await connected(store);
    expect((await store.take(aRequest({ key: "sentinel" }))).allowed).toBe(true);
    expect((await watched.masters[0]?.ask("DBSIZE"))?.[0]).toMatch(/:[1-9]/);
  });
});

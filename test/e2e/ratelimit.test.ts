import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openRunningHub, type RunningHub } from "../support/running-hub.ts";
import { describeWith } from "./support/needs.ts";
import { type RatelimitServer, startRatelimit } from "./support/ratelimit-server.ts";
import { type RedisServer, startRedis } from "./support/redis.ts";
import { connectRls, type RlsAnswer, type RlsClient, type RlsRequest } from "./support/rls-client.ts";
import { pause } from "./support/wait.ts";

/** Everything that both versions of the format have; values of keys and descriptors below are drawn from the same few. */
const yaml = `
domain: shop
descriptors:
  - key: a
    rate_limit: { unit: day, requests_per_unit: 6, name: a-each }
  - key: a
    value: x
    rate_limit: { unit: hour, requests_per_unit: 4 }
  - key: a
    value: y*
    share_threshold: true
    rate_limit: { unit: day, requests_per_unit: 7 }
  - key: b
    descriptors:
      - key: c
        rate_limit: { unit: month, requests_per_unit: 5, replaces: [{ name: a-each }] }
      - key: c
        value: x
        rate_limit: { unlimited: true }
      - key: d
        value: x*
        detailed_metric: true
        rate_limit: { unit: year, requests_per_unit: 3 }
  - key: c
    shadow_mode: true
    rate_limit: { unit: week, requests_per_unit: 2 }
  - key: d
    value_to_metric: true
    rate_limit: { unit: day, requests_per_unit: 0 }
`;

const text = fc.constantFrom("x", "y1", "y2", "x1", "z", "");
const entry = fc.record({ key: fc.constantFrom("a", "b", "c", "d", "e"), value: text });
const pair = fc.tuple(fc.constantFrom("c", "d"), text, text).map(([key, first, second]) => [
  { key: "b", value: first },
  { key, value: second },
]);
const descriptor = fc.record({
  entries: fc.oneof(
    fc.array(entry, { minLength: 1, maxLength: 1 }),
    pair,
    fc.array(entry, { minLength: 2, maxLength: 3 }),
  ),
  hitsAddend: fc.option(fc.bigInt({ min: 0n, max: 3n }), { nil: undefined, freq: 3 }),
  limit: fc.option(fc.record({ requestsPerUnit: fc.integer({ min: 0, max: 9 }), unit: fc.constantFrom(3, 4, 5, 6) }), {
    nil: undefined,
    freq: 6,
  }),
});
const request = fc
  .record({
    domain: fc.constantFrom("shop", "shop", "shop", "shop", "unknown"),
    descriptors: fc.array(descriptor, { minLength: 1, maxLength: 4 }),
    hitsAddend: fc.integer({ min: 0, max: 2 }),
  })
  // Of domains that no file has, the hub's rules decide, and limits that come with a descriptor hold.
  .map(({ domain, descriptors, ...rest }) =>
    domain === "shop"
      ? { domain, descriptors, ...rest }
      : { domain, descriptors: descriptors.map(({ entries }) => ({ entries })), ...rest },
  );

/** Resets tell the second of the answer: they may differ by one. */
function withoutResets(answer: RlsAnswer): RlsAnswer {
  return {
    ...answer,
    ...(answer.statuses && { statuses: answer.statuses.map(({ durationUntilReset: _, ...rest }) => rest) }),
    ...(answer.responseHeadersToAdd && {
      responseHeadersToAdd: answer.responseHeadersToAdd.filter(({ key }) => key !== "RateLimit-Reset"),
    }),
  };
}

const seconds = (answer: RlsAnswer): number[] =>
  (answer.statuses ?? []).map(({ durationUntilReset = "0s" }) => Number.parseInt(durationUntilReset, 10));

describeWith("ratelimit", "redis-server")("beside envoyproxy/ratelimit on the same files", () => {
  const folder = mkdtempSync(join(tmpdir(), "mixdown-side-by-side-"));
  const file = join(folder, "limits.yaml");
  let redis: RedisServer;
  let real: RatelimitServer;
  let realClient: RlsClient;
  beforeAll(async () => {
    writeFileSync(file, yaml);
    redis = await startRedis();
    real = await startRatelimit(yaml, redis.address);
    realClient = await connectRls(real.grpc);
  }, 60_000);
  afterAll(async () => {
    await realClient?.close();
    await real?.stop();
    await redis?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A hub that answers for the same files. */
  async function withHub(store: object, params: object, use: (hub: RunningHub, client: RlsClient) => Promise<void>) {
    const handlers = {
      limits: { adapter: "ratelimit", params: { files: file, responseHeaders: true, ...params } },
      ...store,
    };
    const hub = await openRunningHub(
      { grpc: { address: "127.0.0.1:0", rateLimitHeaders: false }, http: { address: "127.0.0.1:0" } },
      { handlers },
    );
    const client = await connectRls(hub.listeners.grpc as string);
    try {
      await use(hub, client);
    } finally {
      await client.close();
      await hub.close();
    }
  }

  /** Both are asked the same requests in the same order; windows must not end in between. */
  async function compare(client: RlsClient, requests: readonly RlsRequest[]) {
    if (3600 - ((Date.now() / 1000) % 3600) < 30) await pause(30_000);
    const seen = { OK: 0, OVER_LIMIT: 0 };
    for (const each of requests) {
      const [theirs, ours] = [await realClient.ask(each), await client.ask(each)];
      expect(
        withoutResets(ours),
        JSON.stringify(each, (_, value) => (typeof value === "bigint" ? Number(value) : value)),
      ).toEqual(withoutResets(theirs));
      const [theirSeconds, ourSeconds] = [seconds(theirs), seconds(ours)];
      const apart = ourSeconds.map((each, i) => Math.abs(each - (theirSeconds[i] ?? 0)));
      expect(Math.max(0, ...apart)).toBeLessThanOrEqual(1);
      seen[theirs.overallCode as "OK"]++;
    }
    return seen;
  }

  const draw = (seed: number, count: number): RlsRequest[] => fc.sample(request, { seed, numRuns: count });

  it("gives the same verdicts, statuses and headers, counting in memory", async () => {
    await redis.ask("FLUSHALL");
    await withHub({}, {}, async (_hub, client) => {
      const seen = await compare(client, draw(1, 400));
      expect(Math.min(seen.OK, seen.OVER_LIMIT)).toBeGreaterThan(40);
    });
  });

  it("gives the same, counting in a Redis of its own, under the same keys", async () => {
    const own = await startRedis();
    await redis.ask("FLUSHALL");
    const shared = { shared: { adapter: "redis", params: { address: own.address, timeout: "5s" } } };
    try {
      await withHub(shared, { store: "shared" }, async (_hub, client) => {
        await compare(client, draw(2, 300));
        const keys = async (server: RedisServer) =>
          (await server.ask("KEYS", "*")).filter((line) => line.startsWith("shop")).sort();
        expect((await keys(own)).length).toBeGreaterThan(10);
        expect(await keys(own)).toEqual(await keys(redis));
      });
    } finally {
      await own.stop();
    }
  });

  it("shares counts with it in one Redis", async () => {
    await redis.ask("FLUSHALL");
    const shared = { shared: { adapter: "redis", params: { address: redis.address, timeout: "5s" } } };
    await withHub(shared, { store: "shared" }, async (_hub, client) => {
      const one = { domain: "shop", descriptors: [{ entries: [{ key: "a", value: "x" }] }] };
      const left = [];
      for (const asked of [client, realClient, client, realClient, client])
        left.push((await asked.ask(one)).statuses?.[0]?.limitRemaining ?? 0);
      expect(left).toEqual([3, 2, 1, 0, 0]);
    });
  });

  it("answers POST /json as it does", async () => {
    await redis.ask("FLUSHALL");
    await withHub({}, {}, async (hub) => {
      const body = JSON.stringify({
        domain: "shop",
        descriptors: [{ entries: [{ key: "a", value: "x" }] }],
        hitsAddend: 3,
      });
      const post = async (address: string) => {
        const answer = await fetch(`http://${address}/json`, { method: "POST", body });
        return [answer.status, withoutResets((await answer.json()) as RlsAnswer)];
      };
      for (let i = 0; i < 3; i++) expect(await post(hub.listeners.http as string)).toEqual(await post(real.http));
    });
  });
});

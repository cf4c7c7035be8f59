import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { RateLimitAnswer, RateLimitDescriptor } from "../../schemas/model/rate-limit.ts";
import { createMemoryStore } from "../../test/support/memory-store.ts";
import type { LimitStore, OpenLimiter } from "../limiter.ts";
import { fakeHost } from "../testing/fake-host.ts";
import { config } from "./config.ts";
import { ratelimit } from "./index.ts";

const content = `
domain: shop
descriptors:
  - { key: tenant, rate_limit: { unit: minute, requests_per_unit: 3, name: each }, metadata: { tier: { name: free } } }
  - { key: tenant, value: gold, rate_limit: { unlimited: true, replaces: [{ name: each }] } }
  - { key: shadow, shadow_mode: true, rate_limit: { unit: hour, requests_per_unit: 1 } }
  - { key: q1, quota_mode: true, rate_limit: { unit: hour, requests_per_unit: 1 } }
  - { key: q2, quota_mode: true, rate_limit: { unit: hour, requests_per_unit: 2 } }
  - { key: many, rate_limit: { unit: day, requests_per_unit: 10 } }
`;

const folder = mkdtempSync(join(tmpdir(), "mixdown-ratelimit-"));
const file = join(folder, "limits.yaml");
beforeAll(() => writeFileSync(file, content));
afterAll(() => rmSync(folder, { recursive: true }));

const aDescriptor = (key: string, value: string, more: Partial<RateLimitDescriptor> = {}): RateLimitDescriptor => ({
  ...{ entries: [{ key, value }], limit: undefined, hits: 1, ownHits: undefined, ...more },
});

let open: OpenLimiter | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
  vi.useRealTimers();
});

/** A limiter at half past, as its files have it. */
async function aLimiter(settings: object = {}, store?: LimitStore) {
  const host = fakeHost();
  host.nowMs = 90_500;
  const counts = store ?? createMemoryStore({ maxKeys: 1000, now: () => 90_500 });
  const limiter = await (ratelimit.rateLimits as NonNullable<typeof ratelimit.rateLimits>).open(
    config.parse({ files: file, ...settings }),
    host,
  );
  open = limiter;
  const ask = async (...descriptors: RateLimitDescriptor[]): Promise<RateLimitAnswer> =>
    limiter.answer({ domain: "shop", hitsAddend: 0, descriptors }, counts);
  return { host, limiter, ask };
}

describe("a rate limit request", () => {
  it("is answered with a status for each descriptor", async () => {
    const { ask, limiter } = await aLimiter();
    expect([limiter.has("shop"), limiter.has("other")]).toEqual([true, false]);
    const each = { requestsPerUnit: 3, unit: "MINUTE", name: "each" };
    expect(
      await ask(aDescriptor("tenant", "a", { hits: 2 }), aDescriptor("nobody", "x"), aDescriptor("tenant", "a")),
    ).toMatchObject({
      overLimit: false,
      statuses: [
        { overLimit: false, limit: each, remaining: 1, resetMs: 30_000 },
        { overLimit: false, limit: undefined, remaining: 0, resetMs: undefined },
        { overLimit: false, limit: each, remaining: 0, resetMs: 30_000 },
      ],
    });
    expect(await ask(aDescriptor("tenant", "a"), aDescriptor("many", "x"))).toMatchObject({
      overLimit: true,
      statuses: [
        { overLimit: true, remaining: 0 },
        { overLimit: false, remaining: 9 },
      ],
    });
  });

  it("counts in the store under the keys of envoyproxy/ratelimit", async () => {
    const keys: string[] = [];
    const count: LimitStore["count"] = ({ key, keepMs }) => keys.push(`${key} ${keepMs}`);
    const { ask } = await aLimiter({ keyPrefix: "p:" }, { take: () => Promise.reject(new Error("not asked")), count });
    await ask(aDescriptor("tenant", "a"), aDescriptor("many", "b"));
    expect(keys).toEqual(["p:shop_tenant_a_60 60000", "p:shop_many_b_0 86400000"]);
  });

  it("is not limited by what is unlimited, nor by what it replaces", async () => {
    const { ask } = await aLimiter();
    const answer = await ask(aDescriptor("tenant", "a", { hits: 9 }), aDescriptor("tenant", "gold"));
    expect(answer).toMatchObject({
      overLimit: false,
      statuses: [
        { limit: undefined, remaining: 0 },
        { limit: undefined, remaining: 4_294_967_295, resetMs: undefined },
      ],
    });
  });

  it("in shadow mode counts and is not refused", async () => {
    const { ask } = await aLimiter();
    expect(await ask(aDescriptor("shadow", "a", { hits: 5 }))).toMatchObject({
      overLimit: false,
      statuses: [{ overLimit: false, remaining: 0 }],
    });
    const all = await aLimiter({ shadowMode: true });
    expect(await all.ask(aDescriptor("tenant", "a", { hits: 5 }))).toMatchObject({
      overLimit: false,
      statuses: [{ overLimit: true }],
    });
  });

  it("is refused by quotas only if all of them are used up", async () => {
    const { ask } = await aLimiter();
    const both = () => ask(aDescriptor("q1", "a"), aDescriptor("q2", "a"));
    expect([(await both()).overLimit, (await both()).overLimit, (await both()).overLimit]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it("is held to the limit that it brings along", async () => {
    const { ask } = await aLimiter();
    const limit = { requestsPerUnit: 1, unit: "HOUR" } as const;
    expect(await ask(aDescriptor("tenant", "gold", { limit, hits: 2 }))).toMatchObject({
      overLimit: true,
      statuses: [{ overLimit: true, limit: { ...limit, name: "" } }],
    });
  });

  it("gives back hits below zero", async () => {
    const { ask } = await aLimiter();
    await ask(aDescriptor("many", "a", { hits: 4 }));
    expect((await ask(aDescriptor("many", "a", { hits: -3 }))).statuses[0]?.remaining).toBe(9);
  });

  it("tells the client of the tightest limit where that is asked for", async () => {
    const { ask } = await aLimiter({ responseHeaders: { reset: "x-reset" } });
    const { responseHeaders } = await ask(aDescriptor("many", "a"), aDescriptor("tenant", "a"));
    expect(responseHeaders).toEqual([
      { name: "RateLimit-Limit", value: "3" },
      { name: "RateLimit-Remaining", value: "2" },
      { name: "x-reset", value: "30" },
    ]);
    expect((await ask(aDescriptor("nobody", "a"))).responseHeaders).toEqual([]);
  });

  it("gives back the metadata of limits that let it pass", async () => {
    const { ask } = await aLimiter();
    const { metadata } = await ask(aDescriptor("tenant", "a", { hits: 3, ownHits: 3 }));
    expect(metadata).toEqual({
      domain: "shop",
      descriptors: [{ entries: ["tenant=a"], hitsAddend: 3 }],
      metadata: { tier: { name: "free" } },
    });
    expect((await ask(aDescriptor("tenant", "a"))).metadata).toBeUndefined();
  });

  it("has no answer where the store has none", async () => {
    const gone = () => Promise.reject(new Error("gone"));
    const { ask } = await aLimiter({}, { take: gone, count: gone });
    await expect(ask(aDescriptor("tenant", "a"))).rejects.toThrow("gone");
  });
});

describe("statistics", () => {
  it("are on the metrics page under the names of envoyproxy/ratelimit", async () => {
    const { ask, host } = await aLimiter();
    await ask(aDescriptor("many", "10.0.0.1", { hits: 9 }));
    await ask(aDescriptor("many", "10.0.0.1", { hits: 3 }));
    await ask(aDescriptor("shadow", "x", { hits: 3 }));
    const samples = await host.scrape();
    const many = 'handler="test",domain="shop",key1="many"';
    expect(samples).toContain(`ratelimit_service_rate_limit_total_hits{${many}} 12\n`);
    expect(samples).toContain(`ratelimit_service_rate_limit_within_limit{${many}} 9\n`);
    expect(samples).toContain(`ratelimit_service_rate_limit_near_limit{${many}} 2\n`);
    expect(samples).toContain(`ratelimit_service_rate_limit_over_limit{${many}} 2\n`);
    expect(samples).toContain('shadow_mode{handler="test",domain="shop",key1="shadow"} 2\n');
    expect(samples).toContain('ratelimit_service_config_load_success{handler="test"} 1\n');
  });
});

it("keeps the metrics of two handlers apart by their prefix", async () => {
  const { host } = await aLimiter({ metricPrefix: "second" });
  expect(await host.scrape()).toContain('second_config_load_success{handler="test"} 1\n');
});

describe("changed files", () => {
  it("are taken while it runs; bad ones are said once and change nothing", async () => {
    vi.useFakeTimers();
    const { ask, host, limiter } = await aLimiter({ files: [folder] });
    writeFileSync(file, content.replace("domain: shop", "domain: mall"));
    vi.advanceTimersByTime(1000);
    expect([limiter.has("shop"), limiter.has("mall")]).toEqual([false, true]);
    writeFileSync(file, "domain: [");
    vi.advanceTimersByTime(3000);
    expect(limiter.has("mall")).toBe(true);
    expect(host.logged.filter(({ level }) => level === "error")).toHaveLength(1);
    writeFileSync(file, content);
    vi.advanceTimersByTime(1000);
    expect((await ask(aDescriptor("tenant", "a"))).statuses[0]?.remaining).toBe(2);
  });

  it("are refused before the hub opens them, with their place", () => {
    const bad = join(folder, "bad.txt");
    writeFileSync(bad, "domain: d\ndescriptorz: []\n");
    const check = (files: string) => ratelimit.validate?.(config.parse({ files }), []);
    expect(check(bad)).toEqual([{ path: ["files"], message: expect.stringContaining(`${bad}:2:1: unknown key`) }]);
    expect(check(join(folder, "none.yaml"))).toEqual([{ path: ["files"], message: expect.stringContaining("ENOENT") }]);
  });
});

import { describe, expect, test } from "vitest";
import type { LimitRequest, LimitStore } from "../../adapters/limiter.ts";
import { fakeHost } from "../../adapters/testing/fake-host.ts";
import type { RateLimitAnswer, RateLimitRequest } from "../../schemas/model/rate-limit.ts";
import { guardRateLimits, guardStores } from "./guard-limits.ts";

const no = () => {
  throw new Error("no");
};
const close = async () => {};
const from = "the adapter odd";

describe("an adapter that answers rate limit requests", () => {
  const request: RateLimitRequest = { domain: "mine", descriptors: [], hitsAddend: 0 };
  const good: RateLimitAnswer = {
    ...{ overLimit: true, responseHeaders: [], requestHeaders: [], body: undefined, metadata: undefined },
    statuses: [{ overLimit: true, limit: { requestsPerUnit: 1, unit: "HOUR", name: "" }, remaining: 0, resetMs: 5 }],
  };
  const open = async (opened: object) => {
    const host = fakeHost();
    const limits = guardRateLimits({ store: () => "memory", open: async () => opened as never }, from);
    return { host, limiter: await limits.open({}, host) };
  };

  test("is taken at its word where that is one", async () => {
    const { limiter } = await open({ has: (domain: string) => domain === "mine", answer: () => good, close });
    expect([limiter.has("mine"), limiter.has("other")]).toEqual([true, false]);
    expect(await limiter.answer(request, {} as LimitStore)).toEqual(good);
  });

  test.each([
    [{}, "overLimit"],
    [{ ...good, statuses: [{ overLimit: "no" }] }, "statuses: 0: overLimit"],
    [{ ...good, responseHeaders: [{ name: "a b", value: "" }] }, "responseHeaders"],
  ])("%o is no answer", async (answer, place) => {
    const { limiter } = await open({ has: () => true, answer: () => answer, close });
    await expect(limiter.answer(request, {} as LimitStore)).rejects.toThrow(place);
  });

  test("is not asked about domains over which it throws", async () => {
    const { limiter, host } = await open({ has: no, answer: () => good, close });
    expect(limiter.has("mine")).toBe(false);
    expect(host.logged).toHaveLength(1);
  });

  test("cannot change what it is asked", async () => {
    const answer = (asked: RateLimitRequest) => Object.assign(asked, { domain: "other" });
    const { limiter } = await open({ has: () => true, answer, close });
    await expect(limiter.answer({ ...request }, {} as LimitStore)).rejects.toThrow(TypeError);
  });

  test("names its store as a text", () => {
    const limits = guardRateLimits({ store: () => 7 as never, open: no }, from);
    expect(() => limits.store({})).toThrow('"rateLimits.store" of the adapter odd gave number instead of a text');
  });
});

describe("an adapter that keeps budgets", () => {
  const request: LimitRequest = {
    ...{ key: "k", algorithm: "fixed", count: 1, windowMs: 1000, burst: 1, cost: 1 },
  };
  const good = { allowed: true, remaining: 0, resetMs: 1000, retryAfterMs: 0, refund() {} };
  const open = async (opened: object) => {
    const host = fakeHost();
    const stores = guardStores({ open: async () => opened as never }, from);
    return { host, store: await stores.open({}, host, {} as LimitStore) };
  };

  test("is taken at its word where that is one", async () => {
    const { store } = await open({ take: () => good, count: () => 5, close });
    expect(await store.take(request)).toMatchObject({ allowed: true, remaining: 0 });
    expect(await store.count({ key: "k", hits: 1, limit: 1, keepMs: 1 })).toBe(5);
  });

  test.each([undefined, { ...good, allowed: 1 }, { ...good, refund: undefined }])("%o is no answer", async (answer) => {
    const { store } = await open({ take: () => answer, count: () => "5", close });
    await expect(store.take(request)).rejects.toThrow('"take" of the adapter odd gave no proper answer');
    await expect(store.count({ key: "k", hits: 1, limit: 1, keepMs: 1 })).rejects.toThrow("gave no proper sum");
  });

  test("that it cannot give back is only said", async () => {
    const { store, host } = await open({ take: () => ({ ...good, refund: no }), count: () => 5, close });
    (await store.take(request)).refund();
    expect(host.logged).toHaveLength(1);
  });
});

import { describe, expect, it } from "vitest";
import type { LimitStore } from "../../adapters/limiter.ts";
import { policyOf } from "./policy.fixture.ts";

const limit = (settings: string, more = "") => `  - { name: l, limit: { ${settings} }${more} }\n`;

/** How many of so many requests are allowed. */
async function allowedOf(policy: ReturnType<typeof policyOf>, requests: number, attributes = {}): Promise<number> {
  const verdicts = await Promise.all(Array.from({ length: requests }, () => policy.check(attributes)));
  return verdicts.filter(({ allowed }) => allowed).length;
}

describe("a limit", () => {
  it.each(["gcra", "fixed", "sliding"])("of %s admits exactly 100 of 2,000 at once", async (algorithm) => {
    const policy = policyOf(limit(`key: ["1"], rate: "100/1m", algorithm: ${algorithm}`));
    expect(await allowedOf(policy, 2000)).toBe(100);
  });

  it("tells budgets apart by all values of its key, whatever is in them", async () => {
    const policy = policyOf(limit('key: [request.method, request.host], rate: "1/1m"'));
    const ask = (method: string, host: string) =>
      allowedOf(policy, 3, { "request.method": method, "request.host": host });
    expect([await ask("a|1:b", "c"), await ask("a", "b|1:c"), await ask("a|1:b", "c")]).toEqual([1, 1, 0]);
  });

  it("says when to come again", async () => {
    const policy = policyOf(limit('key: ["1"], rate: "1/1m", algorithm: fixed'));
    policy.clock.nowMs = 90_500;
    await policy.check();
    expect(await policy.check()).toMatchObject({
      ...{ allowed: false, denial: { status: 429, code: 8 } },
      changes: { client: [{ action: "set", name: "retry-after", value: "30" }] },
      limits: [{ rule: "l", limit: 1, remaining: 0, exceeded: true, resetMs: 29_500, windowMs: 60_000 }],
    });
  });

  it("takes its rate and its cost from expressions", async () => {
    const policy = policyOf(
      limit(
        `key: ["1"], cost: request.size, rate: { value: 'request.method == "GET" ? "10/1m" : "4/1m"' }, algorithm: fixed`,
      ),
    );
    expect(await allowedOf(policy, 5, { "request.method": "GET", "request.size": 3 })).toBe(3);
    expect(await policy.check({ "request.method": "PUT", "request.size": 3 })).toMatchObject({ allowed: false });
  });

  it.each([
    ["a cost that is absent", 'cost: request.size, rate: "1/1m"', /cost/],
    ["a cost below zero", 'cost: "-1", rate: "1/1m"', /no cost/],
    ["a rate that is none", `rate: { value: '"often"' }`, /no rate/],
    ["no id to count by while it runs", "concurrent: 1", /id/],
  ])("is in error for %s", async (_name, settings, reason) => {
    const verdict = await policyOf(limit(`key: ["1"], ${settings}`)).check();
    expect(verdict).toMatchObject({
      allowed: false,
      reasons: [{ outcome: "error", detail: expect.stringMatching(reason) }],
    });
  });

  it("takes of several budgets all or nothing", async () => {
    const rules = `  - { name: wide, limit: { key: ["1"], rate: "10/1m" } }\n  - { name: narrow, limit: { key: [request.method], rate: "2/1m" } }\n`;
    const policy = policyOf(rules);
    expect(await allowedOf(policy, 50, { "request.method": "GET" })).toBe(2);
    expect(await allowedOf(policy, 50, { "request.method": "PUT" })).toBe(2);
    const { limits } = await policy.check({ "request.method": "POST" });
    expect(limits).toMatchObject([
      { rule: "wide", remaining: 5 },
      { rule: "narrow", remaining: 1 },
    ]);
  });

  it("in shadow counts on its own and refuses nobody", async () => {
    const policy = policyOf(limit('key: ["1"], rate: "1/1m"', ", shadow: true"));
    expect(await allowedOf(policy, 5)).toBe(5);
    expect(await policy.check()).toMatchObject({ shadow: { rule: "l", allowed: false }, limits: [] });
  });
});

describe("hits of a rate limit request", () => {
  it("are what it costs unless the rule says otherwise, and give back below zero", async () => {
    const policy = policyOf(limit('key: ["1"], rate: "10/1m", algorithm: fixed'));
    const left = async (hits: number) => (await policy.check({ "ratelimit.hits": hits })).limits[0]?.remaining;
    expect([await left(4), await left(0), await left(-3), await left(9), await left(1)]).toEqual([6, 6, 9, 0, 0]);
  });

  it("may be part of an expression", async () => {
    const policy = policyOf(limit('key: ["1"], rate: "10/1m", algorithm: fixed, cost: ratelimit.hits * 2'));
    const left = async (hits: number) => (await policy.check({ "ratelimit.hits": hits })).limits[0]?.remaining;
    expect([await left(4), await left(-3)]).toEqual([2, 8]);
  });
});

describe("a limit on requests at once", () => {
  const rules = limit('key: ["1"], concurrent: 2, maxAge: 1s');

  it("refuses while so many run, and gives back the place of one that is refused after all", async () => {
    const policy = policyOf(`${rules}  - { name: d, match: request.method == "PUT", deny: {} }\n`);
    const ask = (id: string, method = "GET") => policy.check({ "request.id": id, "request.method": method });
    for (const id of ["1", "2", "3"]) expect((await ask(id, "PUT")).rule).toBe("d");
    expect([(await ask("4")).allowed, (await ask("5")).allowed, (await ask("6")).allowed]).toEqual([true, true, false]);
    policy.clock.nowMs += 1000;
    expect((await ask("7")).allowed).toBe(true);
  });
});

describe("a store that is asked over the network", () => {
  const slow = (take: LimitStore["take"]) =>
    policyOf(
      limit('key: ["1"], rate: "1/1m", timeout: 30ms'),
      {},
      { stores: new Map([["memory", { take, count: () => 0 }]]) },
    );

  it("that does not answer in time makes an error, and what it took all the same is given back", async () => {
    let settle: (given: Awaited<ReturnType<LimitStore["take"]>>) => void = () => {};
    let refunds = 0;
    const policy = slow(
      () =>
        new Promise((resolve) => {
          settle = resolve;
        }),
    );
    expect(await policy.check()).toMatchObject({
      allowed: false,
      reasons: [{ detail: expect.stringMatching(/no answer within 25 ms/) }],
    });
    settle({
      allowed: true,
      remaining: 0,
      resetMs: 0,
      retryAfterMs: 0,
      refund: () => {
        refunds++;
      },
    });
    await Promise.resolve();
    expect(refunds).toBe(1);
  });

  it.each([
    ["rejects", () => Promise.reject(new Error("gone"))],
    [
      "throws",
      () => {
        throw new Error("gone");
      },
    ],
  ])("that %s makes an error", async (_name, take) => {
    expect(await slow(take).check()).toMatchObject({ allowed: false, reasons: [{ detail: "limit store: gone" }] });
  });
});

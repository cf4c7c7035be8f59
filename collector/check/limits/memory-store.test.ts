import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LimitAnswer, LimitRequest } from "../../../adapters/limiter.ts";
import { LimitModel } from "./limit-model.fixture.ts";
import { createMemoryStore } from "./memory-store.ts";

type Algorithm = LimitRequest["algorithm"];
const algorithms: readonly Algorithm[] = ["gcra", "fixed", "sliding"];

function aStore(maxKeys = 100) {
  const clock = { nowMs: 1_000_000_000 };
  const store = createMemoryStore({ maxKeys, now: () => clock.nowMs });
  const take = (request: Partial<LimitRequest> = {}) =>
    store.take({
      ...{ key: "a", algorithm: "fixed", count: 10, windowMs: 60_000, burst: request.count ?? 10, cost: 1 },
      ...request,
    }) as LimitAnswer;
  const count = (key: string, hits: number, keepMs = 60_000) => store.count({ key, hits, limit: 10, keepMs }) as number;
  return { clock, store, take, count };
}

const steps = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40_000 })),
    cost: fc.integer({ min: 1, max: 4 }),
  }),
  { maxLength: 60 },
);

describe("a budget", () => {
  it.each(algorithms)("of %s allows what a plain model allows", (algorithm) => {
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1000, max: 60_000 }),
        (all, count, windowMs) => {
          const { clock, take } = aStore();
          const request = { algorithm, count, windowMs, burst: count };
          const model = new LimitModel(request);
          for (const { afterMs, cost } of all) {
            clock.nowMs += afterMs;
            expect(take({ ...request, cost }).allowed).toBe(model.take(clock.nowMs, cost));
          }
        },
      ),
    );
  });

  it.each(algorithms)("of %s allows after retryAfterMs what it refused, and not before", (algorithm) => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 4, max: 12 }), (all, count) => {
        const { clock, take } = aStore();
        for (const { afterMs, cost } of all) {
          clock.nowMs += afterMs;
          const { allowed, retryAfterMs } = take({ algorithm, count, cost });
          expect(allowed).toBe(retryAfterMs === 0);
          if (allowed) continue;
          clock.nowMs += retryAfterMs * 0.99 - 1;
          if (retryAfterMs > 2) expect(take({ algorithm, count, cost }).allowed).toBe(false);
          clock.nowMs += retryAfterMs * 0.01 + 2;
          expect(take({ algorithm, count, cost }).allowed).toBe(true);
        }
      }),
    );
  });

  it.each(algorithms)("of %s is as before once what was taken is given back, however often", (algorithm) => {
    const { take } = aStore();
    take({ algorithm, cost: 3 });
    const before = take({ algorithm, cost: 0 }).remaining;
    const answer = take({ algorithm, cost: 5 });
    answer.refund();
    answer.refund();
    expect([before, take({ algorithm, cost: 0 }).remaining]).toEqual([7, 7]);
    take({ algorithm, cost: 99 }).refund();
    expect(take({ algorithm, cost: 0 }).remaining).toBe(7);
  });

  it.each(algorithms)("of %s takes costs below zero as given back, up to all of it", (algorithm) => {
    const { take } = aStore();
    take({ algorithm, cost: 10 });
    expect(take({ algorithm, cost: -4 }).remaining).toBe(4);
    expect(take({ algorithm, cost: -99 }).remaining).toBe(10);
  });

  it.each(algorithms)("of %s admits exactly its count of very many at once", (algorithm) => {
    const { take } = aStore();
    const allowed = Array.from({ length: 2000 }, () => take({ algorithm, count: 100, windowMs: 7000 }).allowed);
    expect(allowed.filter(Boolean)).toHaveLength(100);
  });

  it("of gcra lets through a burst and then a steady rate", () => {
    const { clock, take } = aStore();
    const request = { algorithm: "gcra", count: 60, windowMs: 60_000, burst: 3 } as const;
    const at = (ms: number) => {
      clock.nowMs += ms;
      return take(request).allowed;
    };
    expect([at(0), at(0), at(0), at(0), at(999), at(1), at(0), at(2000), at(0), at(0)]).toEqual([
      ...[true, true, true, false, false, true, false, true, true, false],
    ]);
  });

  it("of fixed windows begins anew at round times", () => {
    const { clock, take } = aStore();
    clock.nowMs = 119_000;
    expect(take({ cost: 10 })).toMatchObject({ allowed: true, remaining: 0, resetMs: 1000 });
    expect(take()).toMatchObject({ allowed: false, retryAfterMs: 1000 });
    clock.nowMs = 120_000;
    expect(take()).toMatchObject({ allowed: true, remaining: 9 });
  });
});

describe("a clock that jumps", () => {
  it.each(algorithms)("back an hour gives %s at most one budget more, and locks nobody out", (algorithm) => {
    const { clock, take } = aStore();
    take({ algorithm, cost: 10 });
    clock.nowMs -= 3_600_000;
    let allowed = 0;
    for (let second = 0; second < 120; second++) {
      clock.nowMs += 1000;
      while (take({ algorithm }).allowed) allowed++;
    }
    expect(allowed).toBeGreaterThanOrEqual(10);
    expect(allowed).toBeLessThanOrEqual(40);
  });

  it.each(algorithms)("back a second gives %s nothing", (algorithm) => {
    const { clock, take } = aStore();
    clock.nowMs = 120_000;
    take({ algorithm, cost: 10 });
    clock.nowMs -= 1000;
    expect(take({ algorithm }).allowed).toBe(false);
  });

  it.each(algorithms)("ahead a year makes %s whole once", (algorithm) => {
    const { clock, take } = aStore();
    take({ algorithm, cost: 10 });
    clock.nowMs += 365 * 86_400_000;
    expect(take({ algorithm, cost: 10 }).allowed).toBe(true);
    expect(take({ algorithm }).allowed).toBe(false);
  });
});

describe("a store in memory", () => {
  it("never keeps more budgets than it may", () => {
    const { store, take } = aStore(50);
    for (let i = 0; i < 500; i++) take({ key: `k${i}` });
    expect(store.size).toBe(50);
  });

  it("never forgets a budget that is used up, whatever flood of keys comes", () => {
    const { take } = aStore(50);
    for (let i = 0; i < 10; i++) take({ key: "victim" });
    for (let i = 0; i < 5000; i++) take({ key: `flood ${i}` });
    expect(take({ key: "victim" }).allowed).toBe(false);
  });

  it("lets newcomers in while a flood of others goes on", () => {
    const { take } = aStore(50);
    for (let i = 0; i < 500; i++) take({ key: `flood ${i}` });
    expect(take({ key: "newcomer" }).allowed).toBe(true);
  });

  it("refuses newcomers where every place is a budget that is used up, until one is whole again", () => {
    const { clock, take } = aStore(50);
    for (let i = 0; i < 50; i++) take({ key: `k${i}`, cost: 10 });
    expect(take({ key: "newcomer" }).allowed).toBe(false);
    clock.nowMs += 60_000;
    expect(take({ key: "newcomer" }).allowed).toBe(true);
  });

  it("tells long keys apart and keeps none of them whole", () => {
    const { take } = aStore();
    const long = "x".repeat(10_000);
    expect([take({ key: `${long}a`, cost: 10 }), take({ key: `${long}b`, cost: 10 })]).toMatchObject([
      { allowed: true },
      { allowed: true },
    ]);
    expect(take({ key: `${long}a` }).allowed).toBe(false);
  });
});

describe("a count", () => {
  it("goes on beyond its limit, takes hits away down to zero, and is forgotten in time", () => {
    const { clock, count } = aStore();
    expect([count("a", 12), count("a", 5), count("b", 1), count("a", -3), count("a", -99), count("a", 2)]).toEqual([
      ...[12, 17, 1, 14, 0, 2],
    ]);
    clock.nowMs += 60_000;
    expect(count("a", 1)).toBe(1);
  });

  it("is beyond its limit where there is no room for it", () => {
    const { count, take } = aStore(1);
    take({ cost: 10 });
    expect(count("a", 1)).toBe(11);
  });
});

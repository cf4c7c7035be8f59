import { describe, expect, it } from "vitest";
import { settled } from "../../test/support/manual-clock.ts";
import { createMemoryStore } from "../../test/support/memory-store.ts";
import type { LimitAnswer, LimitRequest } from "../limiter.ts";
import { type Ask, createLeasedStore, type Grant } from "./leases.ts";

/** A server that keeps its budgets in memory and answers when it is told to. */
function aServer(clock: { nowMs: number }) {
  const store = createMemoryStore({ maxKeys: 100, now: () => clock.nowMs });
  const calls: { readonly costs: readonly number[]; readonly extra: number }[] = [];
  let gate: Promise<void> | undefined;
  const server: Ask = {
    async take(key, budget, costs, extra): Promise<Grant> {
      calls.push({ costs, extra });
      await gate;
      const one = (cost: number) => store.take({ key, ...budget, cost }) as LimitAnswer;
      const granted = costs.map((cost) => one(cost).allowed);
      const leased = Math.min(extra, Math.floor(one(0).remaining / 4));
      const { remaining, resetMs } = one(leased);
      return { granted, leased, free: remaining, resetMs };
    },
    async count(key, hits, keepMs) {
      calls.push({ costs: [hits], extra: 0 });
      await gate;
      return store.count({ key, hits, keepMs, limit: 1 }) as number;
    },
  };
  const hold = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    return () => {
      gate = undefined;
      resolve();
    };
  };
  return { server, calls, hold };
}

function aHub(server: Ask, clock: { nowMs: number }, leaseShare = 0.05) {
  const timers: (() => void)[] = [];
  const store = createLeasedStore(server, {
    ...{ leaseMs: 100, leaseShare, timeoutMs: 40, now: () => clock.nowMs },
    after: (_ms, callback) => {
      timers.push(callback);
      return () => void timers.splice(timers.indexOf(callback), 1);
    },
  });
  /** Lets every timer go off, and those that they set. */
  const timeOut = () => {
    while (timers.length > 0) for (const each of timers.splice(0)) each();
  };
  const take = async (request: Partial<LimitRequest> = {}): Promise<LimitAnswer> =>
    store.take({ key: "a", algorithm: "fixed", count: 100, windowMs: 60_000, burst: 100, cost: 1, ...request });
  return { store, take, timeOut };
}

const aClock = () => ({ nowMs: 600_000 });
const allowed = (answers: readonly LimitAnswer[]): number => answers.filter((answer) => answer.allowed).length;

describe("hubs that share a budget", () => {
  it.each(["gcra", "fixed", "sliding"] as const)("of %s admit exactly 100 of 2,000 together", async (algorithm) => {
    const clock = aClock();
    const { server } = aServer(clock);
    const hubs = [1, 2, 3].map(() => aHub(server, clock));
    const answers = (await Promise.all(
      Array.from({ length: 2000 }, (_, i) => hubs[i % 3]?.take({ algorithm })),
    )) as LimitAnswer[];
    expect(allowed(answers)).toBe(100);
  });

  it("never admit more than the budget, however requests and leases fall", async () => {
    const clock = aClock();
    const { server } = aServer(clock);
    const hubs = [1, 2, 3].map(() => aHub(server, clock, 0.3));
    let total = 0;
    for (let round = 0; round < 40; round++) {
      const answers = await Promise.all(hubs.flatMap(({ take }, i) => (round % (i + 1) === 0 ? [take(), take()] : [])));
      total += allowed(answers);
      clock.nowMs += 30;
      for (const { store } of hubs) store.sweep();
    }
    await settled();
    expect(total).toBe(100);
  });
});

describe("a budget in demand", () => {
  it("is asked for once for all that come while an answer is under way", async () => {
    const clock = aClock();
    const { server, calls, hold } = aServer(clock);
    const { take } = aHub(server, clock);
    const release = hold();
    const answers = Array.from({ length: 40 }, () => take());
    await settled();
    release();
    expect(allowed(await Promise.all(answers))).toBe(40);
    expect(calls.map(({ costs }) => costs.length)).toEqual([1, 39]);
  });

  it("gives what was taken ahead to those whom the server refuses", async () => {
    const clock = aClock();
    const { server, hold } = aServer(clock);
    const { take } = aHub(server, clock, 0.3);
    const other = aHub(server, clock, 0);
    let admitted = 0;
    for (let i = 0; i < 10; i++) admitted += allowed([await take()]);
    const release = hold();
    const [first, ...rest] = [take({ cost: 20 }), ...Array.from({ length: 100 }, () => take())];
    release();
    admitted += 20 * allowed([await first]);
    admitted += allowed(await Promise.all([...rest, ...Array.from({ length: 100 }, () => other.take())]));
    expect(admitted).toBe(100);
  });

  it("loses nothing of what was taken ahead where an answer comes after the lease", async () => {
    const clock = aClock();
    const { server, hold } = aServer(clock);
    const { take } = aHub(server, clock, 0.3);
    let admitted = 0;
    for (let i = 0; i < 10; i++) admitted += allowed([await take()]);
    const release = hold();
    const first = take({ cost: 20 });
    await settled();
    clock.nowMs += 150;
    release();
    const rest = Array.from({ length: 100 }, () => take());
    admitted += 20 * allowed([await first]) + allowed(await Promise.all(rest));
    expect(admitted).toBe(100);
  });

  it("is never held ahead beyond its share, however requests fall together", async () => {
    const clock = aClock();
    const { server } = aServer(clock);
    let taken = 0;
    const counting: Ask = {
      ...server,
      async take(key, budget, costs, extra) {
        const grant = await server.take(key, budget, costs, extra);
        taken += grant.leased + costs.reduce((sum, cost, i) => sum + (grant.granted[i] ? cost : 0), 0);
        return grant;
      },
    };
    const { take } = aHub(counting, clock, 0.05);
    let admitted = 0;
    for (let round = 1; round < 12; round++) {
      const answers = Array.from({ length: round * 5 }, () => take({ count: 1000, burst: 1000 }));
      admitted += allowed(await Promise.all(answers));
      expect(taken - admitted).toBeLessThanOrEqual(50);
      clock.nowMs += 9;
    }
  });

  it("is leased ahead, by what was wanted and at most its share, and costs no round trip then", async () => {
    const clock = aClock();
    const { server, calls } = aServer(clock);
    const { take } = aHub(server, clock, 0.05);
    for (let i = 0; i < 8; i++) await take({ count: 1000, burst: 1000 });
    expect(calls[0]).toEqual({ costs: [1], extra: 0 });
    expect(calls.at(-1)?.extra).toBeGreaterThan(1);
    const before = calls.length;
    await take({ count: 1000, burst: 1000 });
    expect(calls).toHaveLength(before);
    for (let i = 0; i < 500; i++) await take({ count: 1000, burst: 1000 });
    expect(Math.max(...calls.map(({ extra }) => extra))).toBe(50);
    expect(calls.length).toBeLessThan(100);
  });

  it("that is used up is not asked for again at once, and is when its time has come", async () => {
    const clock = aClock();
    const { server, calls } = aServer(clock);
    const { take } = aHub(server, clock);
    await take({ cost: 100 });
    expect([(await take()).allowed, (await take()).allowed, calls.length]).toEqual([false, false, 2]);
    expect(await take()).toMatchObject({ allowed: false, remaining: 0, resetMs: 60_000, retryAfterMs: 60_000 });
    clock.nowMs += 60_000;
    expect((await take()).allowed).toBe(true);
  });

  it("that is too small for one is asked for again by one that costs less", async () => {
    const clock = aClock();
    const { server } = aServer(clock);
    const { take } = aHub(server, clock);
    await take({ cost: 98 });
    expect([(await take({ cost: 5 })).allowed, (await take({ cost: 2 })).allowed]).toEqual([false, true]);
  });
});

describe("what was taken", () => {
  it("is given back, once, into the lease or to the server", async () => {
    const clock = aClock();
    const { server } = aServer(clock);
    const { take } = aHub(server, clock, 0);
    const answer = await take({ cost: 90 });
    answer.refund();
    answer.refund();
    await settled();
    expect((await take({ cost: 0 })).remaining).toBe(100);
  });

  it("and leased, but not used, goes back to the server when the lease is over", async () => {
    const clock = aClock();
    const { server } = aServer(clock);
    const { store, take } = aHub(server, clock, 0.2);
    const other = aHub(server, clock, 0);
    for (let i = 0; i < 6; i++) await take();
    const leased = 94 - (await other.take({ cost: 0 })).remaining;
    expect(leased).toBeGreaterThan(0);
    clock.nowMs += 100;
    store.sweep();
    await settled();
    expect((await other.take({ cost: 0 })).remaining).toBe(94);
    clock.nowMs += 300;
    store.sweep();
    expect(store.size).toBe(0);
  });

  it("in a window that has ended is not given back to the next", async () => {
    const clock = aClock();
    const { server } = aServer(clock);
    const { store, take } = aHub(server, clock, 0.2);
    for (let i = 0; i < 6; i++) await take();
    clock.nowMs += 60_000;
    const other = aHub(server, clock, 0);
    await other.take({ cost: 50 });
    store.sweep();
    await settled();
    expect((await other.take({ cost: 0 })).remaining).toBe(50);
  });
});

describe("a server that fails", () => {
  it("fails all that wait, and is asked again by the next", async () => {
    const clock = aClock();
    const { server } = aServer(clock);
    let isDown = true;
    const { take } = aHub(
      { ...server, take: (...all) => (isDown ? Promise.reject(new Error("gone")) : server.take(...all)) },
      clock,
    );
    const answers = await Promise.allSettled([take(), take(), take()]);
    expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    isDown = false;
    expect((await take()).allowed).toBe(true);
  });
});

describe("a server that is late", () => {
  it("fails what waited, and what it took all the same is given back", async () => {
    const clock = aClock();
    const { server, hold } = aServer(clock);
    const { store, take, timeOut } = aHub(server, clock, 0);
    const release = hold();
    const answers = [take({ cost: 30 }), store.count({ key: "a", hits: 1, limit: 10, keepMs: 1000 })];
    await settled();
    timeOut();
    expect(await Promise.allSettled(answers)).toMatchObject([
      { reason: { message: "no answer within 40 ms" } },
      { reason: { message: "no answer within 40 ms" } },
    ]);
    release();
    await settled();
    expect((await take({ cost: 0 })).remaining).toBe(100);
  });
});

describe("counts", () => {
  const count = (
    store: { count(request: { key: string; hits: number; limit: number; keepMs: number }): number | Promise<number> },
    hits: number,
  ) => store.count({ key: "a", hits, limit: 10, keepMs: 1000 });

  it("of one key go together, and each gets the sum up to itself", async () => {
    const clock = aClock();
    const { server, calls, hold } = aServer(clock);
    const { store } = aHub(server, clock);
    const release = hold();
    const sums = [1, 2, 3, -4, 5, 6].map((hits) => count(store, hits));
    await settled();
    release();
    expect(await Promise.all(sums)).toEqual([1, 3, 6, 2, 7, 13]);
    expect(calls.map(({ costs }) => costs[0])).toEqual([1, 5, -4, 11]);
  });

  it("below zero stop at it", async () => {
    const clock = aClock();
    const { server } = aServer(clock);
    const { store } = aHub(server, clock);
    expect([await count(store, 2), await count(store, -5), await count(store, 1)]).toEqual([2, 0, 1]);
  });

  it("fail with the server", async () => {
    const clock = aClock();
    const { server } = aServer(clock);
    const { store } = aHub({ ...server, count: () => Promise.reject(new Error("gone")) }, clock);
    await expect(count(store, 1)).rejects.toThrow("gone");
  });
});

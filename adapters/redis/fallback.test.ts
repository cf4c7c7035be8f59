import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../../test/support/memory-store.ts";
import type { LimitStore } from "../limiter.ts";
import { createFallback } from "./fallback.ts";

function aStore({ local = true, localShare = 1 } = {}) {
  const clock = { nowMs: 0 };
  const state = { isDown: false, asked: 0, changes: [] as boolean[] };
  const remote: LimitStore = {
    async take() {
      state.asked++;
      if (state.isDown) throw new Error("gone");
      return { allowed: true, remaining: 99, resetMs: 0, retryAfterMs: 0, refund() {} };
    },
    async count() {
      state.asked++;
      if (state.isDown) throw new Error("gone");
      return 99;
    },
  };
  const store = createFallback({
    ...{ remote, localShare, restMs: 500, now: () => clock.nowMs },
    local: local ? createMemoryStore({ maxKeys: 10, now: () => clock.nowMs }) : undefined,
    onChange: (isDown) => state.changes.push(isDown),
  });
  const take = async () =>
    store.take({ key: "a", algorithm: "fixed", count: 10, windowMs: 60_000, burst: 10, cost: 1 });
  const count = async () => store.count({ key: "a", hits: 1, limit: 10, keepMs: 1000 });
  return { clock, state, take, count };
}

describe("without its server, a store", () => {
  it("keeps budgets of its own, or a share of them", async () => {
    const whole = aStore();
    whole.state.isDown = true;
    expect([(await whole.take()).remaining, await whole.count()]).toEqual([9, 1]);
    const third = aStore({ localShare: 0.34 });
    third.state.isDown = true;
    const answers = [await third.take(), await third.take(), await third.take(), await third.take()];
    expect(answers.map(({ allowed }) => allowed)).toEqual([true, true, true, false]);
  });

  it("fails where it has none of its own", async () => {
    const { state, take, count } = aStore({ local: false });
    state.isDown = true;
    await expect(take()).rejects.toThrow("gone");
    await expect(count()).rejects.toThrow("gone");
    expect(state.asked).toBe(1);
  });

  it("lets one request try again after a rest, and tells once of each change", async () => {
    const { clock, state, take } = aStore();
    state.isDown = true;
    for (let i = 0; i < 5; i++) await take();
    expect(state.asked).toBe(1);
    clock.nowMs = 500;
    await Promise.all([take(), take(), take()]);
    expect(state.asked).toBe(2);
    state.isDown = false;
    clock.nowMs = 1000;
    expect((await take()).remaining).toBe(99);
    expect((await take()).remaining).toBe(99);
    expect(state.changes).toEqual([true, false]);
  });
});

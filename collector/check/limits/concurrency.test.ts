import { describe, expect, it } from "vitest";
import { createConcurrency } from "./concurrency.ts";

function aStore(maxPlaces = 1000) {
  const clock = { nowMs: 0 };
  const store = createConcurrency({ maxPlaces, now: () => clock.nowMs });
  const enter = (key: string, id: string, { max = 2, maxAgeMs = 30_000 } = {}) => store.enter(key, max, maxAgeMs, id);
  return { clock, store, enter };
}

describe("requests at once", () => {
  it("are let in up to the budget, and again when one has ended", () => {
    const { store, enter } = aStore();
    expect([enter("a", "1"), enter("a", "2"), enter("a", "3"), enter("b", "3")]).toMatchObject([
      { allowed: true, current: 1 },
      { allowed: true, current: 2 },
      { allowed: false, current: 2 },
      { allowed: true, current: 1 },
    ]);
    store.release("1");
    store.release("unknown");
    expect(enter("a", "4")).toMatchObject({ allowed: true, current: 2 });
  });

  it("of the same id count each, and end one by one", () => {
    const { store, enter } = aStore();
    expect([enter("a", "same").allowed, enter("a", "same").allowed, enter("a", "same").allowed]).toEqual([
      ...[true, true, false],
    ]);
    store.release("same");
    expect([enter("a", "same").allowed, enter("a", "same").allowed]).toEqual([true, false]);
  });

  it("end in all budgets that they are in", () => {
    const { store, enter } = aStore();
    enter("a", "1");
    enter("b", "1");
    store.release("1");
    expect(store.size).toBe(0);
  });

  it("count no longer once they have run for too long, whatever other budgets say", () => {
    const { clock, enter } = aStore();
    enter("slow", "0", { maxAgeMs: 3_600_000 });
    enter("a", "1", { max: 1, maxAgeMs: 1000 });
    clock.nowMs = 999;
    expect(enter("a", "2", { max: 1 }).allowed).toBe(false);
    clock.nowMs = 1000;
    expect(enter("a", "2", { max: 1 }).allowed).toBe(true);
  });

  it("leave when they are refused after all, and take nobody else's place with them", () => {
    const { store, enter } = aStore();
    const first = enter("a", "same");
    const second = enter("a", "same");
    second.leave();
    second.leave();
    expect(store.size).toBe(1);
    first.leave();
    expect(store.size).toBe(0);
  });

  it("are refused where all places are taken, until some have run out", () => {
    const { clock, store, enter } = aStore(3);
    for (const id of ["1", "2", "3"]) enter(id, id, { maxAgeMs: 1000 });
    expect(enter("new", "4").allowed).toBe(false);
    clock.nowMs = 1000;
    expect([enter("new", "4").allowed, store.size]).toEqual([true, 1]);
  });
});

import { expect, it } from "vitest";
import type { LimitStore } from "../../../adapters/limiter.ts";
import type { TracedWork } from "../../../schemas/model/traced-work.ts";
import { tracedStore } from "./traced-store.ts";

const answer = { allowed: true, remaining: 1, resetMs: 0, retryAfterMs: 0, refund() {} };
const asked = { key: "k", algorithm: "fixed", count: 1, windowMs: 1, burst: 1, cost: 1 } as const;

function setUp(store: Partial<LimitStore>) {
  const told: unknown[] = [];
  const work: TracedWork = {
    start: (name) => ({ ...work, end: (facts, error) => void told.push([name, facts, error]) }),
    end() {},
  };
  return { told, store: tracedStore(store as LimitStore, "redis", work) };
}

it("tells of what takes its time, and of what fails", async () => {
  const { told, store } = setUp({
    take: async () => answer,
    count: () => Promise.reject(new TypeError("no")),
  });
  expect(await store.take(asked)).toBe(answer);
  await expect(store.count({ key: "k", hits: 1, limit: 1, keepMs: 1 })).rejects.toThrow("no");
  expect(told).toEqual([
    ["take redis", { "mixdown.outcome": "answered" }, undefined],
    ["take redis", {}, "TypeError"],
  ]);
});

it("does not tell of what is answered at once", () => {
  const { told, store } = setUp({ take: () => answer, count: () => 3 });
  expect([store.take(asked), store.count({ key: "k", hits: 1, limit: 1, keepMs: 1 })]).toEqual([answer, 3]);
  expect(told).toEqual([]);
});

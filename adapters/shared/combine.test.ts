import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Delivery } from "../adapter.ts";
import { combine } from "./combine.ts";

const delivered: Delivery = { status: "delivered" };
const retry = (reason: string, afterMs?: number): Delivery => ({
  status: "retry",
  reason,
  ...(afterMs === undefined ? {} : { afterMs }),
});
const rejected = (reason: string): Delivery => ({ status: "rejected", reason });
const tooLarge: Delivery = { status: "too_large", reason: "too large" };

describe("combine", () => {
  it("is delivered when all parts are", () => {
    const parts = [
      { indexes: [0, 2], delivery: delivered },
      { indexes: [1], delivery: delivered },
    ];
    expect(combine(3, parts)).toEqual(delivered);
    expect(combine(0, [])).toEqual(delivered);
  });

  it("says what part is to be sent again or never", () => {
    const parts = [
      { indexes: [0, 3], delivery: delivered },
      { indexes: [1, 4], delivery: retry("busy", 5000) },
      { indexes: [2], delivery: retry("busy", 7000) },
      { indexes: [5], delivery: rejected("bad") },
    ];
    expect(combine(6, parts)).toEqual({
      status: "partial",
      retry: [1, 4, 2],
      rejected: [5],
      reason: "busy; bad",
      afterMs: 7000,
    });
  });

  it("translates the indexes of parts", () => {
    const delivery: Delivery = { status: "partial", rejected: [0], retry: [2], reason: "some", afterMs: 1 };
    expect(combine(4, [{ indexes: [3, 1, 0], delivery }])).toEqual({
      status: "partial",
      rejected: [3],
      retry: [0],
      reason: "some",
      afterMs: 1,
    });
    const noRetry: Delivery = { status: "partial", rejected: [1], reason: "some" };
    expect(combine(2, [{ indexes: [0, 1], delivery: noRetry }])).toMatchObject({ rejected: [1], retry: [] });
  });

  it("is plain when all of the batch had the same end", () => {
    const both = (a: Delivery, b: Delivery) =>
      combine(4, [
        { indexes: [0, 1], delivery: a },
        { indexes: [2, 3], delivery: b },
      ]);
    expect(both(retry("a"), retry("b", 3))).toEqual({ status: "retry", reason: "a; b", afterMs: 3 });
    expect(both(rejected("a"), rejected("a"))).toEqual({ status: "rejected", reason: "a" });
    expect(both(tooLarge, tooLarge)).toEqual(tooLarge);
  });

  it("leaves halving to the hub, once the rest is gone", () => {
    const parts = [
      { indexes: [0, 1], delivery: tooLarge },
      { indexes: [2], delivery: delivered },
    ];
    expect(combine(3, parts)).toEqual({ status: "partial", rejected: [], retry: [0, 1], reason: "too large" });
    expect(combine(2, parts.slice(0, 1))).toEqual(tooLarge);
    expect(combine(3, [parts[0]!, { indexes: [2], delivery: retry("busy") }])).toMatchObject({ status: "retry" });
  });

  it("rejects a single item that is too large", () => {
    const parts = [
      { indexes: [0], delivery: tooLarge },
      { indexes: [1], delivery: delivered },
    ];
    expect(combine(2, parts)).toMatchObject({ status: "partial", rejected: [0], retry: [] });
  });

  it("gives every item one end, and comes to an end in the hub's hands", () => {
    const ends = fc.array(fc.constantFrom("delivered", "rejected", "too_large"), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(ends, fc.array(fc.nat(3), { minLength: 1, maxLength: 20 }), (deliveries, owners) => {
        const backend = (batch: readonly number[]) =>
          combine(
            batch.length,
            deliveries
              .map((status, api) => ({
                indexes: batch.flatMap((owner, i) => (owner % deliveries.length === api ? [i] : [])),
                delivery: { status, reason: status } as Delivery,
              }))
              .filter(({ indexes }) => indexes.length > 0),
          );
        let steps = 0;
        const hub = (batch: readonly number[]): void => {
          if (batch.length === 0) return;
          expect(steps++).toBeLessThan(100);
          const delivery = backend(batch);
          expect(delivery.status).not.toBe("retry");
          if (delivery.status === "too_large" && batch.length > 1) {
            hub(batch.slice(0, batch.length >> 1));
            hub(batch.slice(batch.length >> 1));
          }
          if (delivery.status !== "partial") return;
          const { rejected: gone, retry: again = [] } = delivery;
          expect(new Set([...gone, ...again]).size).toBe(gone.length + again.length);
          hub(again.map((i) => batch[i]!));
        };
        hub(owners);
      }),
    );
  });
});

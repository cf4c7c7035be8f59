import { describe, expect, it } from "vitest";
import { createConnectionTable } from "./connection-table.ts";

const tableAt = (clock: { now: number }, limits = {}) => createConnectionTable({ now: () => clock.now, ...limits });

describe("the connection table", () => {
  it("gives growth from entry to entry, beyond 2^53 too", () => {
    const table = tableAt({ now: 0 });
    expect(table.note("a", false, 10, undefined)).toEqual({
      opened: true,
      again: false,
      received: 10,
      sent: undefined,
    });
    expect(table.note("a", false, 2n ** 60n, 5)).toEqual({
      opened: false,
      again: false,
      received: 2n ** 60n - 10n,
      sent: 5,
    });
    expect(table.note("a", false, 2n ** 60n + 1n, 5)).toEqual({ opened: false, again: false, received: 1, sent: 0 });
  });

  it("takes nothing back when an entry comes late", () => {
    const table = tableAt({ now: 0 });
    table.note("a", false, 10, 10);
    expect(table.note("a", false, 4, 12)).toMatchObject({ received: 0, sent: 2 });
    expect(table.note("a", true, 11, 12)).toMatchObject({ received: 1, sent: 0 });
  });

  it("moves a connection from the live to the ended, and knows it again", () => {
    const table = tableAt({ now: 0 });
    table.note("a", false, 1, 1);
    expect([table.live, table.ended]).toEqual([1, 0]);
    table.note("a", true, 2, 2);
    expect([table.live, table.ended]).toEqual([0, 1]);
    expect(table.note("a", true, 2, 2)).toEqual({ opened: false, again: true, received: 0, sent: 0 });
    expect([table.live, table.ended]).toEqual([0, 1]);
  });

  it("forgets the connection that was silent longest, and counts it", () => {
    const table = tableAt({ now: 0 }, { maxLive: 2 });
    for (const id of ["a", "b", "a", "c"]) table.note(id, false, 1, 1);
    expect([table.live, table.forgotten]).toEqual([2, 1]);
    expect(table.note("a", false, 1, 1).opened).toBe(false);
    expect(table.note("b", false, 1, 1).opened).toBe(true);
  });

  it("forgets ended connections by number and by age", () => {
    const clock = { now: 0 };
    const table = tableAt(clock, { maxEnded: 2, endedMs: 1000 });
    for (const id of ["a", "b", "c"]) table.note(id, true, 1, 1);
    expect(table.ended).toBe(2);
    expect(table.note("b", true, 1, 1).again).toBe(true);
    clock.now = 1001;
    table.note("d", true, 1, 1);
    expect(table.ended).toBe(1);
    expect(table.forgotten).toBe(0);
  });

  it("keeps ids of any length apart", () => {
    const table = tableAt({ now: 0 });
    const long = "x".repeat(100_000);
    expect(table.note(`${long}1`, false, 1, 1).opened).toBe(true);
    expect(table.note(`${long}2`, false, 1, 1).opened).toBe(true);
    expect(table.note(`${long}1`, false, 1, 1).opened).toBe(false);
  });
});

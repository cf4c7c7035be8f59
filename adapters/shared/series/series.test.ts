import { beforeEach, describe, expect, it } from "vitest";
import { aTuple } from "../../testing/metric-instance.ts";
import { foreignTuple, overflowSlot, SeriesTable } from "./series.ts";

const now = () => 1000;
let table: SeriesTable;
const find = (labels: Record<string, string>, overflow?: string) => table.find(aTuple(labels, overflow), now);

beforeEach(() => {
  table = new SeriesTable(["host", "code"], ["host", "code"], 3, new WeakMap());
});

describe("find", () => {
  it("gives the same slot for the same object and for the same values", () => {
    const tuple = aTuple({ host: "a", code: "200" });
    const slot = table.find(tuple, now);
    expect(slot).toBeGreaterThan(overflowSlot);
    expect(table.find(tuple, now)).toBe(slot);
    expect(find({ host: "a", code: "200" })).toBe(slot);
    expect(table.find(tuple, now)).toBe(slot);
    expect(table.count).toBe(1);
  });

  it("never takes different values for the same", () => {
    const pairs = [
      { host: 'a",code="b', code: "c" },
      { host: "a", code: 'b",code="c' },
      { host: 'a\\",code="b', code: "c" },
    ];
    expect(new Set(pairs.map((pair) => find(pair))).size).toBe(3);
  });

  it("sends what does not fit, and tuples that overflowed before, to the overflow series", () => {
    for (const host of ["a", "b", "c"]) find({ host, code: "200" });
    const late = aTuple({ host: "d", code: "200" });
    expect(table.find(late, now)).toBe(overflowSlot);
    expect(table.find(late, now)).toBe(overflowSlot);
    expect(table.texts[overflowSlot]).toBe('otel_metric_overflow="true"');
    expect(find({ host: "a", code: "200" })).toBeGreaterThan(overflowSlot);
  });

  it("refuses tuples of other labels", () => {
    expect(find({ host: "a" })).toBe(foreignTuple);
    expect(find({ code: "200", host: "a" })).toBe(foreignTuple);
    expect(table.isEmpty).toBe(true);
  });

  it("takes an overflowed tuple for overflow while there is room", () => {
    expect(find({ host: "{other}", code: "200" }, "host")).toBe(overflowSlot);
    expect(table.count).toBe(0);
    expect(table.isEmpty).toBe(false);
  });
});

describe("blame", () => {
  it("names the label with the most distinct values", () => {
    find({ host: "a", code: "200" });
    find({ host: "a", code: "201" });
    find({ host: "a", code: "202" });
    expect(table.blame(aTuple({ host: "b", code: "200" }))).toBe("code");
  });

  it("believes a tuple that names its label", () => {
    expect(table.blame(aTuple({ host: "{other}", code: "1" }, "host"))).toBe("host");
  });
});

describe("expire", () => {
  it("frees idle series, uses their slots again and lets refused tuples in", () => {
    const slots = ["a", "b", "c"].map((host) => find({ host, code: "200" }));
    table.touched[slots[0]!] = 5;
    table.touched[slots[1]!] = 1;
    table.touched[slots[2]!] = 1;
    const refused = aTuple({ host: "d", code: "200" });
    expect(table.find(refused, now)).toBe(overflowSlot);
    table.touched[overflowSlot] = 5;
    const released: number[] = [];
    expect(table.expire(1, 1, (slot) => released.push(slot))).toBe(1);
    expect(table.expire(1, 9, (slot) => released.push(slot))).toBe(1);
    expect(released).toEqual([slots[1], slots[2]]);
    expect(table.count).toBe(1);
    const serial = table.nextSerial;
    expect(released).toContain(table.find(refused, now));
    expect(table.size).toBe(4);
    expect(table.serials[table.find(refused, now)]).toBe(serial);
  });

  it("ends the overflow series too", () => {
    find({ host: "{other}", code: "1" }, "host");
    expect(table.expire(1, 9, () => {})).toBe(1);
    expect(table.isEmpty).toBe(true);
  });
});

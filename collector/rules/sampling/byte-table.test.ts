import { expect, it } from "vitest";
import { ByteTable } from "./byte-table.ts";

const some = (length: number, last = 0) => Uint8Array.from({ length }, (_, i) => (i === length - 1 ? last : 7));

it.each([0, 100, 5000])("keeps content of %i bytes once, until nobody uses it", (length) => {
  const table = new ByteTable();
  const growth = table.growth(some(length));
  const entry = table.use(some(length));
  expect([table.bytes, table.growth(some(length))]).toEqual([growth, 0]);
  expect(growth).toBeGreaterThan(length);
  expect(table.use(some(length))).toBe(entry);
  expect(table.bytes).toBe(growth);
  table.release(entry);
  expect(table.find(some(length))).toBe(entry);
  table.release(entry);
  expect([table.find(some(length)), table.bytes]).toEqual([undefined, 0]);
});

it.each([100, 5000])("tells contents of %i bytes apart", (length) => {
  const table = new ByteTable();
  const [one, other] = [table.use(some(length, 1)), table.use(some(length, 2))];
  expect(one).not.toBe(other);
  table.release(one);
  expect([table.find(some(length, 1)), table.find(some(length, 2))]).toEqual([undefined, other]);
});

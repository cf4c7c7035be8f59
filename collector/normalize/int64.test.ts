import { expect, it } from "vitest";
import { addInt64, addNanos, differenceOf, subtractInt64, sumOf } from "./int64.ts";

it("adds and subtracts across the border of safe numbers", () => {
  expect(addInt64(1, 2)).toBe(3);
  expect(addInt64(2 ** 53 - 1, 1)).toBe(9007199254740992n);
  expect(addInt64(9007199254740993n, -10)).toBe(9007199254740983);
  expect(subtractInt64(1, 2)).toBe(-1);
  expect(subtractInt64(9007199254740993n, 9007199254740992n)).toBe(1);
  expect(subtractInt64(-(2 ** 53 - 1), 5)).toBe(-9007199254740996n);
});

it("leaves absent what lacks a part", () => {
  expect([sumOf(1, undefined), sumOf(undefined, 1), sumOf(0, 0)]).toEqual([undefined, undefined, 0]);
  expect([differenceOf(1, undefined), differenceOf(undefined, 1), differenceOf(3, 1)]).toEqual([
    undefined,
    undefined,
    2,
  ]);
});

it("moves a point in time", () => {
  expect(addNanos({ seconds: 1, nanos: 999_999_999 }, 1)).toEqual({ seconds: 2, nanos: 0 });
  expect(addNanos({ seconds: 1, nanos: 0 }, 2_500_000_000)).toEqual({ seconds: 3, nanos: 500_000_000 });
  expect(addNanos({ seconds: 1, nanos: 0 }, -1)).toEqual({ seconds: 0, nanos: 999_999_999 });
  expect(addNanos({ seconds: 1, nanos: 5 }, 10n ** 19n)).toEqual({ seconds: 10_000_000_001, nanos: 5 });
  expect(addNanos({ seconds: 1, nanos: 0 }, -(10n ** 18n) - 1n)).toEqual({
    seconds: -1_000_000_000,
    nanos: 999_999_999,
  });
});

import { expect, it } from "vitest";
import { toAttributes } from "./attributes.ts";

function cutTo(fields: Parameters<typeof toAttributes>[0], count = 10, value = 10) {
  const cuts: string[] = [];
  return { attributes: toAttributes(fields, { count, value }, (what) => cuts.push(what)), cuts };
}

it("keeps scalars, and takes string maps apart", () => {
  const fields = { a: "text", b: 1.5, c: false, d: { x: "1", y: "2" }, e: {} };
  expect(cutTo(fields)).toEqual({ attributes: { a: "text", b: 1.5, c: false, "d.x": "1", "d.y": "2" }, cuts: [] });
});

it("cuts values, not in the middle of a character", () => {
  expect(cutTo({ a: "0123456789", b: "0123456789x" })).toEqual({
    attributes: { a: "0123456789", b: "0123456789" },
    cuts: ["values"],
  });
  expect(cutTo({ a: "012345678\u{1f600}" }).attributes).toEqual({ a: "012345678" });
  expect(cutTo({ a: "01234567\u{1f600}x" }).attributes).toEqual({ a: "01234567\u{1f600}" });
});

it("cuts names", () => {
  expect(cutTo({ ["n".repeat(255)]: 1 }).cuts).toEqual([]);
  expect(cutTo({ map: { ["n".repeat(300)]: "v" } })).toEqual({
    attributes: { [`map.${"n".repeat(251)}`]: "v" },
    cuts: ["names"],
  });
});

it("takes the first of too many", () => {
  expect(cutTo({ a: 1, b: { x: "1", y: "2" }, c: 3 }, 2)).toEqual({
    attributes: { a: 1, "b.x": "1" },
    cuts: ["count"],
  });
  expect(cutTo({ a: 1, b: 2 }, 2).cuts).toEqual([]);
});

it("has no trouble with names that objects have", () => {
  const { attributes } = cutTo({ map: JSON.parse('{"__proto__":"v"}'), constructor: "c" } as never);
  expect(Object.entries(attributes)).toEqual([
    ["map.__proto__", "v"],
    ["constructor", "c"],
  ]);
});

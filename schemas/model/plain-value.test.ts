import { describe, expect, it } from "vitest";
import { toPlainOf } from "./plain-value.ts";
import { type ValueType, valueTypes } from "./value.ts";

const cases: readonly (readonly [ValueType, unknown, unknown])[] = [
  ["STRING", "é \u{1F600}", "é \u{1F600}"],
  ["STRING", "", ""],
  ["DNS_NAME", "a.example", "a.example"],
  ["EMAIL_ADDRESS", "a@example.com", "a@example.com"],
  ["URI", "http://a.example/", "http://a.example/"],
  ["IP_ADDRESS", "2001:db8::1", "2001:db8::1"],
  ["INT64", 503, 503],
  ["INT64", 2 ** 53 - 1, 9_007_199_254_740_991],
  ["INT64", 2n ** 53n, "9007199254740992"],
  ["INT64", -(2n ** 63n), "-9223372036854775808"],
  ["DOUBLE", 0.25, 0.25],
  ["DOUBLE", Number.NaN, "NaN"],
  ["DOUBLE", Number.POSITIVE_INFINITY, "Infinity"],
  ["DOUBLE", Number.NEGATIVE_INFINITY, "-Infinity"],
  ["BOOL", false, false],
  ["TIMESTAMP", { seconds: 1_767_366_245, nanos: 120_000_000 }, "2026-01-02T15:04:05.12Z"],
  ["DURATION", 12_345_000, "12.345ms"],
  ["DURATION", 2n ** 53n, "9007199.254740992s"],
  ["STRING_MAP", new Map([["accept", "*/*"]]), { accept: "*/*" }],
  ["STRING_MAP", new Map(), {}],
];

describe("plain values", () => {
  it.each(cases)("%s: %o becomes %o", (type, value, plain) => {
    expect(toPlainOf(type)(value)).toEqual(plain);
  });

  it("has every type among its cases", () => {
    expect(new Set(cases.map(([type]) => type))).toEqual(new Set(valueTypes));
  });

  it("keeps a key that would reach a prototype as a key", () => {
    const plain = toPlainOf("STRING_MAP")(new Map([["__proto__", "x"]])) as object;
    expect(JSON.stringify(plain)).toBe('{"__proto__":"x"}');
    expect(Object.getPrototypeOf(plain)).toBe(Object.prototype);
  });

  it("leaves out what is absent, and what is not of the type", () => {
    for (const type of valueTypes) {
      for (const other of [undefined, null, Symbol("x"), [], {}, new Error("x")]) {
        expect([type, toPlainOf(type)(other)]).toEqual([type, undefined]);
      }
    }
    expect(toPlainOf("INT64")("5")).toBeUndefined();
    expect(toPlainOf("INT64")(1.5)).toBeUndefined();
    expect(toPlainOf("DURATION")(Number.NaN)).toBeUndefined();
    expect(toPlainOf("BOOL")("true")).toBeUndefined();
    expect(toPlainOf("TIMESTAMP")({ seconds: 1e18, nanos: 0 })).toBeUndefined();
  });
});

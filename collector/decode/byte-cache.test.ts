import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteCache } from "./byte-cache.ts";

interface Made {
  readonly text: string;
}

function aCache(entries = 8, maxBytes = 70) {
  let made = 0;
  const cache = new ByteCache<Made>({ entries, maxBytes }, (bytes, start, end) => {
    made++;
    return { text: bytes.toString("latin1", start, end) };
  });
  const get = (text: string) => {
    const bytes = Buffer.from(`<${text}>`, "latin1");
    return cache.get(bytes, 1, bytes.length - 1);
  };
  return { get, made: () => made };
}

describe("ByteCache", () => {
  it("gives the same value for the same bytes", () => {
    const { get, made } = aCache();
    for (const text of ["", "GET", "x".repeat(65), "x".repeat(70)]) expect(get(text)).toBe(get(text));
    expect(made()).toBe(4);
  });

  it("makes values of longer ranges anew each time", () => {
    const { get } = aCache();
    expect(get("x".repeat(71))).not.toBe(get("x".repeat(71)));
  });

  it("never gives the value of other bytes, however many there are", () => {
    const { get } = aCache();
    const text = fc.string({ unit: fc.constantFrom("a", "b", "\u00ff"), maxLength: 72 });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 40 }), (texts) => {
        for (const wanted of texts) expect(get(wanted).text).toBe(wanted);
      }),
      { numRuns: 300 },
    );
  });

  it("keeps what repeats while values come that never repeat", () => {
    const { get, made } = aCache(64);
    const first = get("GET");
    get("GET");
    for (let i = 0; i < 10_000; i++) get(`/path/${i}`);
    expect(get("GET")).toBe(first);
    expect(made()).toBe(10_001);
  });
});

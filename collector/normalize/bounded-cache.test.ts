import { describe, expect, it } from "vitest";
import { createBoundedCache, memoizeByObject, memoizeByText } from "./bounded-cache.ts";

describe("a bounded cache", () => {
  it("keeps what is asked for and forgets the rest", () => {
    const cache = createBoundedCache<number, number>(10);
    cache.set(-1, 1);
    for (let i = 0; i < 1000; i++) {
      cache.set(i, i);
      expect(cache.get(-1)).toBe(1);
      expect(cache.size).toBeLessThanOrEqual(20);
    }
    expect(cache.get(0)).toBeUndefined();
    expect(cache.get(999)).toBe(999);
  });
});

describe("memos", () => {
  it("make a result once for a text, even if it is undefined, and again for long ones", () => {
    const made: string[] = [];
    const memo = memoizeByText(4, (text) => {
      made.push(text.slice(0, 3));
      return undefined;
    });
    const long = "xyz".repeat(1000);
    for (const text of ["a", "a", "b", long, long]) expect(memo(text)).toBeUndefined();
    expect(made).toEqual(["a", "b", "xyz", "xyz"]);
  });

  it("make a result once for an object", () => {
    let made = 0;
    const memo = memoizeByObject(({ n }: { n: number }) => {
      made++;
      return n;
    });
    const [one, two] = [{ n: 1 }, { n: 2 }];
    expect([one, one, two, one, two, { n: 1 }].map(memo)).toEqual([1, 1, 2, 1, 2, 1]);
    expect(made).toBe(3);
  });
});

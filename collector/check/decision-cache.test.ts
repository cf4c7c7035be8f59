import { describe, expect, it } from "vitest";
import { createDecisionCache } from "./decision-cache.ts";
import { Dependencies } from "./tracker.ts";

/** What a decision read: the attributes in these slots. */
function reading(...slots: number[]): Dependencies {
  const dependencies = new Dependencies();
  for (const slot of slots) dependencies.attribute(slot, undefined);
  return dependencies;
}

describe("a decision cache", () => {
  it("never holds more than it may, whatever comes", () => {
    const cache = createDecisionCache<number>(100, () => 0);
    for (let n = 0; n < 1000; n++) {
      cache.keep([`a${n}`, "b"], reading(n % 2), n);
      expect(cache.size).toBeLessThanOrEqual(100);
    }
  });

  it("keeps what is asked for again, and forgets what is not", () => {
    const cache = createDecisionCache<string>(100, () => 0);
    cache.keep(["busy"], reading(0), "busy");
    cache.keep(["idle"], reading(0), "idle");
    for (let n = 0; n < 500; n++) {
      cache.keep([`other ${n}`], reading(0), "other");
      expect(cache.find(["busy"])).toBe("busy");
    }
    expect(cache.find(["idle"])).toBeUndefined();
  });

  it("has room for other sets of attributes once those that were read before are not any more", () => {
    const cache = createDecisionCache<string>(10, () => 0);
    const values = Array.from({ length: 40 }, (_, slot) => `value ${slot}`);
    for (let slot = 0; slot < 20; slot++) cache.keep(values, reading(slot), "first");
    for (let n = 0; n < 20; n++) cache.keep(values.with(0, String(n)), reading(0), "filling");
    cache.keep(values, reading(30), "last");
    expect(cache.find(values)).toBe("last");
  });
});

import { describe, expect, it } from "vitest";
import { ServiceRates } from "./service-rates.ts";

/** What is kept on average of a steady stream, second by second. */
function keptPerSecond(rates: ServiceRates, perSecond: number, seconds: number, weight = 1, fromMs = 0): number[] {
  return Array.from({ length: seconds }, (_, second) => {
    let kept = 0;
    for (let i = 0; i < perSecond; i++)
      kept += Math.min(1, weight * rates.next("shop", weight, fromMs + (second + i / perSecond) * 1000));
    return kept;
  });
}

describe("the rate of a service", () => {
  it("is 1 as long as no more come than may", () => {
    expect(keptPerSecond(new ServiceRates({ count: 100, windowMs: 1000 }), 90, 5)).toEqual([90, 90, 90, 90, 90]);
  });

  it("settles so that as many are kept as may, from the second second on", () => {
    const [first, ...later] = keptPerSecond(new ServiceRates({ count: 100, windowMs: 1000 }), 10_000, 5);
    expect(first).toBeLessThan(100 * (2 + Math.log2(100)));
    for (const kept of later) expect(kept).toBeCloseTo(100, 0);
  });

  it("holds in a burst, and comes back after it", () => {
    const rates = new ServiceRates({ count: 100, windowMs: 1000 });
    keptPerSecond(rates, 200, 3);
    const [burst] = keptPerSecond(rates, 20_000, 1, 1, 3000);
    expect(burst).toBeLessThan(800);
    expect(keptPerSecond(rates, 50, 3, 1, 4000).at(-1)).toBe(50);
  });

  it("reckons with those that were left out before", () => {
    const kept = keptPerSecond(new ServiceRates({ count: 100, windowMs: 1000 }), 1000, 4, 10);
    expect(kept.at(-1)).toBeCloseTo(100, 0);
  });

  it("holds over windows that are longer than a second", () => {
    const rates = new ServiceRates({ count: 60, windowMs: 60_000 });
    const kept = keptPerSecond(rates, 10, 600).slice(120);
    expect(kept.reduce((sum, each) => sum + each, 0) / 8).toBeGreaterThan(54);
    expect(kept.reduce((sum, each) => sum + each, 0) / 8).toBeLessThan(66);
  });

  it("is each service's own, and one for all beyond a thousand, until others are gone", () => {
    const rates = new ServiceRates({ count: 1, windowMs: 1000 });
    for (let n = 0; n < 1000; n++) expect(rates.next(`s${n}`, 1, 0)).toBe(1);
    rates.next("more", 1, 0);
    expect(rates.next("even more", 1, 0)).toBeLessThan(1);
    expect(rates.next("new", 1, 10_000)).toBe(1);
    expect(rates.next("newer", 1, 10_000)).toBe(1);
  });
});

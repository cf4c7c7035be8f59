import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IdleClock } from "./idle-clock.ts";

describe("IdleClock", () => {
  it("never tells too early", () => {
    const steps = fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 900 }), isTouched: fc.boolean() }));
    fc.assert(
      fc.property(steps, (all) => {
        const clock = new IdleClock(1600, 0);
        const touches: { period: number; timeMs: number }[] = [];
        let nowMs = 0;
        for (const { afterMs, isTouched } of all) {
          nowMs += afterMs;
          if (isTouched) touches.push({ period: clock.period, timeMs: nowMs });
          const upTo = isTouched ? 0 : clock.advance(nowMs);
          for (const { period, timeMs } of touches)
            if (period <= upTo) expect(nowMs - timeMs).toBeGreaterThanOrEqual(1600);
        }
      }),
    );
  });

  it("tells at most a sixteenth late when looked at often", () => {
    const clock = new IdleClock(1600, 0);
    for (let nowMs = 0; nowMs <= 5000; nowMs += 10) {
      const { period } = clock;
      clock.advance(nowMs);
      if (nowMs !== 3000) continue;
      for (let laterMs = nowMs + 10; laterMs < nowMs + 1600; laterMs += 10)
        expect(clock.advance(laterMs)).toBeLessThan(period);
      expect(clock.advance(nowMs + 1600 + 110)).toBeGreaterThanOrEqual(period);
      return;
    }
  });

  it("never tells when expiry is 0", () => {
    const clock = new IdleClock(0, 0);
    expect(clock.advance(1e12)).toBe(0);
  });

  it("survives a clock that is set back", () => {
    const clock = new IdleClock(1600, 1e9);
    clock.advance(1e9 + 200);
    const { period } = clock;
    expect(clock.advance(1000)).toBe(0);
    expect(clock.advance(2000)).toBeLessThan(period);
    expect(clock.advance(6000)).toBeGreaterThanOrEqual(period);
  });
});

import { describe, expect, it } from "vitest";
import { RecentTraffic } from "./recent-traffic.ts";

const start = 1_800_000_000_000;

describe("recent traffic", () => {
  it("gives entries a second since the sender was first seen, within the first minute", () => {
    const recent = new RecentTraffic();
    recent.add(start, 30, undefined);
    recent.add(start + 10_000, 30, undefined);
    expect(recent.rate(start + 10_000, start)).toBe(6);
    expect(recent.rate(start + 30_000, start)).toBe(2);
  });

  it("forgets what is older than a minute", () => {
    const recent = new RecentTraffic();
    for (let second = 0; second < 300; second++) recent.add(start + second * 1000, 7, undefined);
    expect(recent.rate(start + 299_999, start)).toBeCloseTo(7, 1);
    expect(recent.rate(start + 400_000, start)).toBe(0);
  });

  it("tells the least lag of the last minute, and the last known after that", () => {
    const recent = new RecentTraffic();
    expect(recent.skewMs(start)).toBeUndefined();
    recent.add(start, 1, start - 900);
    recent.add(start + 1, 1, start - 199);
    recent.add(start + 20_000, 1, start + 19_500);
    expect(recent.skewMs(start + 20_000)).toBe(200);
    expect(recent.skewMs(start + 70_000)).toBe(500);
    expect(recent.skewMs(start + 200_000)).toBe(500);
  });

  it("is below 0 for a clock that is ahead", () => {
    const recent = new RecentTraffic();
    recent.add(start, 1, start + 3_600_000);
    expect(recent.skewMs(start)).toBe(-3_600_000);
  });

  it("goes on when its own clock goes back, and over long gaps", () => {
    const recent = new RecentTraffic();
    recent.add(start, 10, start);
    recent.add(start - 60_000, 10, start - 60_000);
    expect(recent.rate(start, start)).toBe(20);
    recent.add(start + 1e12, 5, undefined);
    expect(recent.rate(start + 1e12 + 1000, start + 1e12)).toBe(5);
  });
});

import { describe, expect, it } from "vitest";
import { fakeOutlet } from "../../test/support/fake-outlet.ts";
import { manualClock, settled } from "../../test/support/manual-clock.ts";
import { closeInTime, openInTime } from "./in-time.ts";

const never = () => new Promise<never>(() => {});

describe("opening in time", () => {
  it("gives what is open, and leaves no timer", async () => {
    const clock = manualClock();
    const outlet = fakeOutlet();
    expect(await openInTime(async () => outlet, clock)).toBe(outlet);
    expect(clock.timers).toBe(0);
  });

  it("gives up after 10 s, and closes what is open later", async () => {
    const clock = manualClock();
    const outlet = fakeOutlet();
    const { promise, resolve } = Promise.withResolvers<typeof outlet>();
    const opened = openInTime(() => promise, clock).catch((error: Error) => error.message);
    await clock.advance(10_000);
    expect(await opened).toBe("the adapter is not open after 10 s");
    resolve(outlet);
    await settled();
    expect(outlet.closed).toBe(true);
  });

  it.each([
    () => Promise.reject(new Error("no")),
    () => {
      throw new Error("no");
    },
  ])("passes on what is thrown", async (open) => {
    const clock = manualClock();
    await expect(openInTime(open, clock)).rejects.toThrow("no");
    expect(clock.timers).toBe(0);
  });
});

describe("closing in time", () => {
  const close = async (how: () => unknown, ms = 0) => {
    const clock = manualClock();
    const faults: unknown[] = [];
    const closed = closeInTime({ ...fakeOutlet(), close: how as () => Promise<void> }, clock, (fault) =>
      faults.push(fault),
    );
    await clock.advance(ms);
    await closed;
    return { faults, timers: clock.timers };
  };

  it.each([async () => {}, () => undefined])("waits for it", async (how) => {
    expect(await close(how)).toEqual({ faults: [], timers: 0 });
  });

  it("does not wait longer than 10 s", async () => {
    expect(await close(never, 10_000)).toEqual({
      faults: [new Error("the adapter is not closed after 10 s")],
      timers: 0,
    });
  });

  it.each([
    () => Promise.reject("odd"),
    () => {
      throw "odd";
    },
  ])("tells what it throws and goes on", async (how) => {
    expect(await close(how)).toEqual({ faults: ["odd"], timers: 0 });
  });
});

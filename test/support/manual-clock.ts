import type { Clock } from "../../collector/dispatch/clock.ts";

/** A clock that stands still until it is moved; timers go off in order while it moves. */
export interface ManualClock extends Clock {
  /** Moves on, letting promises settle after each timer. */
  advance(ms: number): Promise<void>;
  /** Timers that are set. */
  readonly timers: number;
}

/** Makes a clock that shows this time. */
export function manualClock(startMs = 1_700_000_000_000): ManualClock {
  let nowMs = startMs;
  let timers: { readonly atMs: number; readonly callback: () => void }[] = [];
  const next = (untilMs: number) => timers.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
  return {
    now: () => nowMs,
    after(ms, callback) {
      const timer = { atMs: nowMs + ms, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    async advance(ms) {
      const untilMs = nowMs + ms;
      await settled();
      for (let timer = next(untilMs); timer !== undefined; timer = next(untilMs)) {
        const due = timer;
        nowMs = Math.max(nowMs, due.atMs);
        timers = timers.filter((other) => other !== due);
        due.callback();
        await settled();
      }
      nowMs = untilMs;
    },
    get timers() {
      return timers.length;
    },
  };
}

/** Lets everything that waits for nothing but its turn go on. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Time as lanes see it, so that tests can move it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once after `ms`; returns how to call it off. */
  after(ms: number, callback: () => void): () => void;
}

/** The longest wait that a timer can be set to. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The system's time. Timers hold the process up: whoever sets one calls it off when closing. */
export function systemClock(now: () => number = Date.now): Clock {
  return {
    now,
    after(ms, callback) {
      const timer = setTimeout(callback, Math.min(ms, MAX_TIMER_MS));
      return () => clearTimeout(timer);
    },
  };
}

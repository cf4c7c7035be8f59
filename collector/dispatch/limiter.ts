import type { Attempt } from "./attempt.ts";

/** How many batches may be under way at once. */
export interface Limiter {
  readonly limit: number;
  /** An attempt that is measured. */
  guard(attempt: Attempt): Attempt;
}

/** What a limiter goes by. */
export interface LimiterOptions {
  readonly max: number;
  /** Milliseconds; only differences count. */
  now(): number;
}

/** A round trip this many times longer than usual says that the backend queues. */
const TOLERANCE = 2;
/** Share of the old value when the usual round trip is brought up to date: it falls at once and rises slowly. */
const MEMORY = 0.95;
/** Shorter round trips are all the same. */
const FLOOR_MS = 5;

/**
 * Adapts the number of batches under way to the backend's round-trip time: one more for each round of answers that come as quickly as
 * usual, a tenth fewer where they take twice as long, half as many after a failure (additive increase, multiplicative decrease by
 * delay, as in TCP Vegas, Brakmo and Peterson 1995).
 */
export function createLimiter({ max, now }: LimiterOptions): Limiter {
  let limit = Math.min(max, 2);
  let usualMs: number | undefined;
  let underWay = 0;

  const answered = (tookMs: number, wasBusy: boolean) => {
    const took = Math.max(FLOOR_MS, tookMs);
    usualMs = usualMs === undefined || took < usualMs ? took : usualMs * MEMORY + took * (1 - MEMORY);
    if (took > TOLERANCE * usualMs) limit = Math.max(1, limit * 0.9);
    else if (wasBusy) limit = Math.min(max, limit + 1 / limit);
  };

  return {
    get limit() {
      return Math.floor(limit);
    },
    guard: (attempt) => async (items) => {
      underWay++;
      const wasBusy = underWay >= Math.floor(limit);
      const startedMs = now();
      const delivery = await attempt(items);
      underWay--;
      if (delivery.status === "retry") limit = Math.max(1, limit / 2);
      else answered(now() - startedMs, wasBusy);
      return delivery;
    },
  };
}

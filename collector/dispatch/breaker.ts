import type { Delivery } from "../../adapters/adapter.ts";
import type { Attempt } from "./attempt.ts";
import type { Clock } from "./clock.ts";

/** Closed: everything goes. Open: nothing goes. Half open: one batch goes, to see whether the backend is back. */
export type BreakerState = "closed" | "open" | "half_open";

/** When a breaker opens and for how long. */
export interface BreakerOptions {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** How long it stays open at first; twice as long after each probe that fails, up to `maxOpenMs`. */
  readonly openMs: number;
  readonly maxOpenMs: number;
  readonly clock: Clock;
  /** The lane closes: whoever waits goes at once. */
  readonly closing: AbortSignal;
}

/** Keeps batches away from a backend that fails again and again, and finds out by one at a time when it is back. */
export interface Breaker {
  readonly state: BreakerState;
  /** An attempt that waits while the breaker is open. */
  guard(attempt: Attempt): Attempt;
}

/** A breaker, closed at first. A backend that asks to be left alone (`afterMs`) opens it for that time. */
export function createBreaker({ failures, openMs, maxOpenMs, clock, closing }: BreakerOptions): Breaker {
  let state: BreakerState = "closed";
  let inARow = 0;
  let nextOpenMs = openMs;
  let openUntilMs = 0;
  let cancel = () => {};
  let waiting: (() => void)[] = [];

  const wakeAll = () => {
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  };

  const open = (ms: number) => {
    state = "open";
    openUntilMs = Math.max(openUntilMs, clock.now() + ms);
    cancel();
    cancel = clock.after(Math.max(0, openUntilMs - clock.now()), () => {
      state = "half_open";
      waiting.shift()?.();
    });
  };

  const succeeded = () => {
    inARow = 0;
    nextOpenMs = openMs;
    if (state === "closed") return;
    cancel();
    state = "closed";
    openUntilMs = 0;
    wakeAll();
  };

  const failed = (afterMs: number | undefined) => {
    inARow++;
    if (afterMs !== undefined && afterMs > 0) return open(afterMs);
    if (state === "open" || (state === "closed" && inARow < failures)) return;
    open(nextOpenMs);
    nextOpenMs = Math.min(maxOpenMs, nextOpenMs * 2);
  };

  /** In the half-open state only the one that was woken is on its way. */
  let probing = false;
  const enter = async (): Promise<void> => {
    while (!closing.aborted && (state === "open" || (state === "half_open" && probing)))
      await new Promise<void>((resolve) => waiting.push(resolve));
    probing = state === "half_open";
  };
  closing.addEventListener("abort", () => {
    cancel();
    wakeAll();
  });

  return {
    get state() {
      return state;
    },
    guard: (attempt) => async (items) => {
      await enter();
      const probe = probing;
      const delivery: Delivery = await attempt(items);
      if (probe) probing = false;
      if (delivery.status === "retry") failed(delivery.afterMs);
      else succeeded();
      return delivery;
    },
  };
}

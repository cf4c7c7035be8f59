import type { LimitAnswer, LimitRequest } from "../../../adapters/limiter.ts";

/** One budget. What the numbers mean is up to the algorithm. */
export interface Budget {
  /** gcra: when `taken` was brought up to date. fixed and sliding: the number of the window. */
  mark: number;
  /** gcra: what has been taken and not come back yet. fixed and sliding: taken in this window, and in the one before. */
  taken: number;
  before: number;
  /** When nothing of it is left to remember. */
  untilMs: number;
  /** How much of it is used up, from 0 to 1. */
  used: number;
}

/** A budget of which nothing is taken. */
export const freshBudget = (): Budget => ({ mark: Number.NaN, taken: 0, before: 0, untilMs: 0, used: 0 });

/** Takes from a budget, or not, and says how to give it back. */
export type Algorithm = (budget: Budget, request: LimitRequest, nowMs: number) => LimitAnswer;

/** Rounding never costs a request. */
const tolerance = 1e-9;

/**
 * The generic cell rate algorithm, as a leaky bucket (ITU-T I.371, annex A): what is taken comes back at a steady rate. A clock that is set
 * back gives nothing back for that time, and takes nothing.
 */
const gcra: Algorithm = (budget, { count, windowMs, burst, cost }, nowMs) => {
  const perMs = count / windowMs;
  const passedMs = budget.mark <= nowMs ? nowMs - budget.mark : 0;
  const taken = Math.min(burst, Math.max(0, budget.taken - passedMs * perMs));
  const allowed = cost <= 0 || (count > 0 && taken + cost <= burst * (1 + tolerance));
  budget.mark = nowMs;
  budget.taken = allowed ? Math.max(0, taken + cost) : taken;
  const backMs = (amount: number) => (count > 0 ? Math.min(amount / perMs, Number.MAX_SAFE_INTEGER) : windowMs);
  const resetMs = backMs(budget.taken);
  budget.untilMs = nowMs + resetMs;
  budget.used = budget.taken / burst;
  return {
    allowed,
    remaining: count > 0 ? Math.max(0, Math.floor((burst - budget.taken) * (1 + tolerance))) : 0,
    resetMs,
    retryAfterMs: allowed ? 0 : cost > burst ? windowMs : backMs(taken + cost - burst),
    refund: once(allowed, () => {
      budget.taken = Math.max(0, budget.taken - cost);
    }),
  };
};

/** Counts in windows that begin at multiples of their length. */
const fixed: Algorithm = (budget, { count, windowMs, cost }, nowMs) => {
  const resetMs = turn(budget, windowMs, nowMs);
  const { mark } = budget;
  const allowed = cost <= 0 || budget.taken + cost <= count;
  if (allowed) budget.taken = Math.max(0, budget.taken + cost);
  budget.untilMs = nowMs + resetMs;
  budget.used = budget.taken / Math.max(count, 1);
  return {
    allowed,
    remaining: Math.max(0, count - budget.taken),
    resetMs,
    retryAfterMs: allowed ? 0 : resetMs,
    refund: once(allowed, () => {
      if (budget.mark === mark) budget.taken = Math.max(0, budget.taken - cost);
    }),
  };
};

/** Two windows, of which the last counts for as much of it as the sliding window still covers. */
const sliding: Algorithm = (budget, { count, windowMs, cost }, nowMs) => {
  const resetMs = turn(budget, windowMs, nowMs);
  const { mark } = budget;
  const weighed = budget.before * Math.min(1, resetMs / windowMs);
  const allowed = cost <= 0 || weighed + budget.taken + cost <= count * (1 + tolerance);
  if (allowed) budget.taken = Math.max(0, budget.taken + cost);
  const used = weighed + budget.taken;
  budget.untilMs = nowMs + resetMs + windowMs;
  budget.used = used / Math.max(count, 1);
  return {
    allowed,
    remaining: Math.max(0, Math.floor((count - used) * (1 + tolerance))),
    resetMs,
    retryAfterMs: allowed ? 0 : slidingRetryMs(budget, { count, windowMs, cost }, resetMs),
    refund: once(allowed, () => {
      if (budget.mark === mark) budget.taken = Math.max(0, budget.taken - cost);
      else if (budget.mark === mark + 1) budget.before = Math.max(0, budget.before - cost);
    }),
  };
};

/** When the weight of what was taken has fallen far enough: in this window, else in the next one. */
function slidingRetryMs(
  { taken, before }: Budget,
  { count, windowMs, cost }: Pick<LimitRequest, "count" | "windowMs" | "cost">,
  resetMs: number,
): number {
  const fallsTo = (room: number, weight: number) => (weight > 0 ? Math.min(1, room / weight) * windowMs : windowMs);
  const roomNow = count - cost - taken;
  if (roomNow >= 0) return Math.max(0, resetMs - fallsTo(roomNow, before));
  if (cost > count) return windowMs;
  return resetMs + windowMs - fallsTo(count - cost, taken);
}

/** Moves a budget to the window of this moment and gives the time that is left of it. A clock set back by less than a window stays in its window. */
function turn(budget: Budget, windowMs: number, nowMs: number): number {
  const window = Math.floor(nowMs / windowMs);
  if (window !== budget.mark && window !== budget.mark - 1) {
    budget.before = budget.mark === window - 1 ? budget.taken : 0;
    budget.taken = 0;
    budget.mark = window;
  }
  return (budget.mark + 1) * windowMs - nowMs;
}

function once(may: boolean, give: () => void): () => void {
  let open = may;
  return () => {
    if (open) give();
    open = false;
  };
}

/** How budgets are counted, by name. */
export const algorithms: Readonly<Record<LimitRequest["algorithm"], Algorithm>> = { gcra, fixed, sliding };

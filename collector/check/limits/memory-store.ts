import type { LimitAnswer, LimitRequest, LimitStore } from "./limit-store.ts";

/** What a store in memory is made of. */
export interface MemoryStoreOptions {
  /** Budgets kept at once. */
  readonly maxKeys: number;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
}

/** One budget. What the numbers mean is up to the algorithm. */
interface Budget {
  /** gcra: when the budget is whole again. fixed and sliding: the number of the window. */
  mark: number;
  /** fixed and sliding: taken in this window, and in the one before. */
  taken: number;
  before: number;
  /** When nothing of it is left to remember. */
  untilMs: number;
}

/** Taken from a budget, or not, and how to give it back. */
type Algorithm = (budget: Budget, request: LimitRequest, nowMs: number) => LimitAnswer;

/**
 * Keeps budgets in memory, so many and no more. When all places are taken, budgets that are whole again go first; if there are none, the
 * request is refused as if its budget were used up, so that no flood of new keys makes the hub forget who has used up theirs.
 */
export function createMemoryStore({ maxKeys, now }: MemoryStoreOptions): LimitStore & { readonly size: number } {
  const budgets = new Map<string, Budget>();

  /** Looks at the oldest few: each new key pays for the clearing away of some. */
  const makeRoom = (nowMs: number): boolean => {
    let looks = 16;
    for (const [key, budget] of budgets) {
      if (looks-- === 0) break;
      budgets.delete(key);
      if (budget.untilMs > nowMs) budgets.set(key, budget);
    }
    return budgets.size < maxKeys;
  };

  const budgetOf = (key: string, nowMs: number): Budget | undefined => {
    const known = budgets.get(key);
    if (known !== undefined) return known;
    if (budgets.size >= maxKeys && !makeRoom(nowMs)) return undefined;
    const budget = { mark: Number.NEGATIVE_INFINITY, taken: 0, before: 0, untilMs: 0 };
    budgets.set(key, budget);
    return budget;
  };

  return {
    take(request) {
      const nowMs = now();
      const budget = budgetOf(`${request.algorithm}|${request.key}`, nowMs);
      if (budget === undefined)
        return { allowed: false, remaining: 0, resetMs: request.windowMs, retryAfterMs: 1000, refund() {} };
      return algorithms[request.algorithm](budget, request, nowMs);
    },
    get size() {
      return budgets.size;
    },
  };
}

/** The generic cell rate algorithm, as virtual scheduling (ITU-T I.371, annex A): one number says when the budget is whole again. */
const gcra: Algorithm = (budget, { count, windowMs, burst, cost }, nowMs) => {
  const each = windowMs / Math.max(count, Number.MIN_VALUE);
  const whole = Math.max(budget.mark, nowMs);
  const after = whole + each * cost;
  const most = nowMs + each * burst;
  const allowed = count > 0 && after <= most + 1e-6;
  if (allowed && cost > 0) {
    budget.mark = after;
    budget.untilMs = after;
  }
  const mark = allowed ? after : whole;
  return {
    allowed,
    remaining: count > 0 ? Math.max(0, Math.floor((most - mark) / each + 1e-6)) : 0,
    resetMs: count > 0 ? mark - nowMs : windowMs,
    retryAfterMs: allowed ? 0 : count > 0 ? Math.min(after - most, windowMs) : windowMs,
    refund() {
      if (allowed) budget.mark -= each * cost;
    },
  };
};

/** Moves a budget to the window of this moment. */
function turn(budget: Budget, windowMs: number, nowMs: number): number {
  const window = Math.floor(nowMs / windowMs);
  if (budget.mark !== window) {
    budget.before = budget.mark === window - 1 ? budget.taken : 0;
    budget.taken = 0;
    budget.mark = window;
  }
  return (window + 1) * windowMs - nowMs;
}

/** Counts in windows that begin at multiples of their length. */
const fixed: Algorithm = (budget, { count, windowMs, cost }, nowMs) => {
  const resetMs = turn(budget, windowMs, nowMs);
  const { mark } = budget;
  const allowed = budget.taken + cost <= count;
  if (allowed) budget.taken += cost;
  budget.untilMs = nowMs + resetMs;
  return {
    allowed,
    remaining: Math.max(0, count - budget.taken),
    resetMs,
    retryAfterMs: allowed ? 0 : resetMs,
    refund() {
      if (allowed && budget.mark === mark) budget.taken -= cost;
    },
  };
};

/** Two windows, of which the last counts for as much of it as the sliding window still covers. */
const sliding: Algorithm = (budget, { count, windowMs, cost }, nowMs) => {
  const resetMs = turn(budget, windowMs, nowMs);
  const { mark } = budget;
  const used = budget.taken + budget.before * (resetMs / windowMs);
  const allowed = used + cost <= count;
  if (allowed) budget.taken += cost;
  budget.untilMs = nowMs + resetMs + windowMs;
  const left = Math.max(0, Math.floor(count - used - (allowed ? cost : 0)));
  return {
    allowed,
    remaining: left,
    resetMs,
    retryAfterMs: allowed ? 0 : resetMs,
    refund() {
      if (allowed && budget.mark === mark) budget.taken -= cost;
    },
  };
};

const algorithms = { gcra, fixed, sliding } satisfies Record<LimitRequest["algorithm"], Algorithm>;

import type { LimitAnswer, LimitStore } from "../../../adapters/limiter.ts";
import { boundedKey } from "../../../schemas/model/bounded-key.ts";
import { algorithms, type Budget, freshBudget } from "./algorithms.ts";

/** What a store in memory is made of. */
export interface MemoryStoreOptions {
  /** Budgets kept at once. */
  readonly maxKeys: number;
  /** Milliseconds since the epoch. A clock that jumps gives or takes at most one budget. */
  now(): number;
}

/** How many budgets are looked at to make room for one. */
const LOOKS = 16;

/**
 * Keeps budgets in memory, so many and no more. When all places are taken, the next few in turn are looked at: those that are whole again go,
 * else the one of which most is left. A budget that is used up is never forgotten: if all of them are, the newcomer is refused as if its own
 * were. So a flood of new keys pushes out its own, and never frees someone who has used up theirs.
 */
export function createMemoryStore({ maxKeys, now }: MemoryStoreOptions): LimitStore & { readonly size: number } {
  const budgets = new Map<string, Budget>();

  const makeRoom = (nowMs: number): boolean => {
    let least: string | undefined;
    let leastUsed = 1;
    let looks = LOOKS;
    for (const [key, budget] of budgets) {
      if (looks-- === 0) break;
      budgets.delete(key);
      if (budget.untilMs <= nowMs) continue;
      budgets.set(key, budget);
      if (budget.used < leastUsed) {
        least = key;
        leastUsed = budget.used;
      }
    }
    if (budgets.size >= maxKeys && least !== undefined) budgets.delete(least);
    return budgets.size < maxKeys;
  };

  const budgetOf = (key: string, nowMs: number): Budget | undefined => {
    const known = budgets.get(key);
    if (known !== undefined) return known;
    if (budgets.size >= maxKeys && !makeRoom(nowMs)) return undefined;
    const budget = freshBudget();
    budgets.set(key, budget);
    return budget;
  };

  return {
    take(request) {
      const nowMs = now();
      const { algorithm, windowMs } = request;
      // Windows of another length are other budgets: numbers of windows say nothing across lengths.
      const name = algorithm === "gcra" ? `g|${request.key}` : `${algorithm[0]}${windowMs}|${request.key}`;
      const budget = budgetOf(boundedKey(name), nowMs);
      return budget === undefined ? noRoom(windowMs) : algorithms[algorithm](budget, request, nowMs);
    },
    count({ key, hits, limit, keepMs }) {
      const nowMs = now();
      const budget = budgetOf(boundedKey(`c|${key}`), nowMs);
      if (budget === undefined) return limit + 1;
      if (budget.untilMs <= nowMs) budget.taken = 0;
      budget.taken = Math.max(0, budget.taken + hits);
      budget.untilMs = nowMs + keepMs;
      budget.used = budget.taken / Math.max(limit, 1);
      return budget.taken;
    },
    get size() {
      return budgets.size;
    },
  };
}

const noRoom = (windowMs: number): LimitAnswer => ({
  ...{ allowed: false, remaining: 0, resetMs: windowMs, retryAfterMs: 1000 },
  refund() {},
});

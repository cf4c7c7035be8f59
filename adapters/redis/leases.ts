import { boundedKey } from "../../schemas/model/bounded-key.ts";
import type { LimitAnswer, LimitRequest, LimitStore } from "../limiter.ts";
import { createCounts } from "./counts.ts";
import { inTime, type Patience } from "./in-time.ts";

/** What tells how a budget is counted. */
export type Budgeted = Pick<LimitRequest, "algorithm" | "count" | "windowMs" | "burst">;

/** What the server gave. */
export interface Grant {
  /** For each cost whether it was taken. */
  readonly granted: readonly boolean[];
  /** Taken beyond that, to be given away here. */
  readonly leased: number;
  /** What is left of the budget. */
  readonly free: number;
  readonly resetMs: number;
}

/** Asks the server. */
export interface Ask {
  take(key: string, budget: Budgeted, costs: readonly number[], extra: number): Promise<Grant>;
  count(key: string, hits: number, keepMs: number): Promise<number>;
}

/** What leasing is made of. */
export interface LeaseOptions extends Patience {
  /** How long what is leased may be given away, in milliseconds. */
  readonly leaseMs: number;
  /** Share of a budget that may be leased at once; 0 for none. */
  readonly leaseShare: number;
  /** Milliseconds; only differences count. */
  now(): number;
}

/** A store whose budgets are on a server. */
export interface LeasedStore extends LimitStore {
  /** Gives back leases that nobody used, and forgets what is not in use. To be called about every `leaseMs`. */
  sweep(): void;
  /** Budgets in view. */
  readonly size: number;
}

interface Waiting {
  readonly cost: number;
  resolve(answer: LimitAnswer): void;
  reject(error: unknown): void;
}

/** One budget as this process sees it. */
interface View {
  readonly name: string;
  readonly budget: Budgeted;
  waiting: Waiting[];
  isAsking: boolean;
  /** Leased and not given away yet; until when it may be. */
  leased: number;
  leasedUntilMs: number;
  /** When the window that it was taken in ends, and it with it. */
  windowEndsMs: number;
  /** Left on the server when it was asked last, and when that is whole again. */
  free: number;
  wholeAtMs: number;
  /** The least that was refused, and until when that is sure to be so. */
  refusedCost: number;
  refusedUntilMs: number;
  /** Taken since the last lease began, and in the period before: what is wanted next is guessed from it. */
  demand: number;
  periodMs: number;
  usedMs: number;
}

/** One round trip carries so many requests. */
const MAX_BATCH = 500;

/**
 * Asks for many requests on one budget at once: what comes while a round trip is under way goes with the next. Of a budget that is in demand it
 * leases ahead what was wanted in the last lease's time, at most a share of it. Everything given away was taken on the server before, so the
 * budget holds over all hubs; a lease may be given away up to `leaseMs` later than it was taken, and not beyond its window.
 */
export function createLeasedStore(ask: Ask, options: LeaseOptions): LeasedStore {
  const { leaseMs, leaseShare, now } = options;
  const views = new Map<string, View>();
  const counts = createCounts(ask, options);

  const viewOf = (request: LimitRequest): View => {
    const { algorithm, count, windowMs, burst, key } = request;
    const name = boundedKey(`${algorithm}|${count}|${windowMs}|${burst}|${key}`);
    let view = views.get(name);
    if (view === undefined) {
      view = {
        ...{ name, budget: { algorithm, count, windowMs, burst }, waiting: [], isAsking: false, demand: 0 },
        ...{ leased: 0, leasedUntilMs: 0, windowEndsMs: 0, free: 0, wholeAtMs: 0, refusedCost: 0, refusedUntilMs: 0 },
        ...{ periodMs: now(), usedMs: now() },
      };
      views.set(name, view);
    }
    return view;
  };

  /** What the demand of a lease's time was, within the share, that is not held already. */
  const wanted = (view: View, nowMs: number): number => {
    const { budget, demand } = view;
    const isInDemand = nowMs - view.periodMs < 2 * leaseMs && demand > 1;
    const held = heldOf(view, nowMs);
    if (nowMs - view.periodMs >= leaseMs) {
      view.demand = 0;
      view.periodMs = nowMs;
    }
    return isInDemand ? Math.max(0, Math.min(demand, Math.floor(budget.count * leaseShare)) - held) : 0;
  };

  const pump = async (view: View): Promise<void> => {
    if (view.isAsking) return;
    view.isAsking = true;
    while (view.waiting.length > 0) {
      const batch = view.waiting.slice(0, MAX_BATCH);
      view.waiting = view.waiting.slice(MAX_BATCH);
      const costs = batch.map(({ cost }) => cost);
      try {
        const answer = ask.take(view.name, view.budget, costs, wanted(view, now()));
        settle(view, batch, await inTime(answer, options, (late) => keepLate(view, costs, late)));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    view.isAsking = false;
  };

  const settle = (view: View, batch: readonly Waiting[], { granted, leased, free, resetMs }: Grant) => {
    const nowMs = now();
    view.free = free;
    view.wholeAtMs = nowMs + resetMs;
    view.leased = heldOf(view, nowMs) + leased;
    if (leased > 0) {
      view.windowEndsMs = view.budget.algorithm === "gcra" ? Number.POSITIVE_INFINITY : nowMs + resetMs;
      view.leasedUntilMs = Math.min(nowMs + leaseMs, view.windowEndsMs);
    }
    batch.forEach(({ cost, resolve }, i) => {
      // What the server has no more of may be here still, also what is just about to be given back.
      if (granted[i] || useLease(view, cost, nowMs)) resolve(given(view, cost));
      else resolve(refused(view, cost, nowMs));
    });
  };

  /** What was taken for requests that are not waiting any more is leased, to be used or given back. */
  const keepLate = (view: View, costs: readonly number[], { granted, leased }: Grant) => {
    const taken = costs.reduce((sum, cost, i) => (granted[i] ? sum + cost : sum), leased);
    if (taken > 0) giveBack(view, taken);
  };

  const given = (view: View, cost: number): LimitAnswer => {
    const nowMs = now();
    view.demand += cost;
    let isTaken = cost > 0;
    return {
      allowed: true,
      remaining: Math.floor(view.free + view.leased),
      resetMs: Math.max(0, view.wholeAtMs - nowMs),
      retryAfterMs: 0,
      refund() {
        if (isTaken) giveBack(view, cost);
        isTaken = false;
      },
    };
  };

  const refused = (view: View, cost: number, nowMs: number): LimitAnswer => {
    const { algorithm, count, windowMs, burst } = view.budget;
    const leftMs = Math.max(0, view.wholeAtMs - nowMs);
    const gcraMs = count > 0 && cost <= burst ? ((cost - view.free) * windowMs) / count : windowMs;
    const retryAfterMs = Math.max(1, algorithm === "gcra" ? gcraMs : leftMs);
    if (view.refusedUntilMs <= nowMs || cost < view.refusedCost) view.refusedCost = cost;
    // A sliding window lets more through all the time: it is asked again each time.
    view.refusedUntilMs = algorithm === "sliding" ? 0 : nowMs + Math.min(leaseMs, retryAfterMs);
    return { allowed: false, remaining: Math.floor(view.free), resetMs: leftMs, retryAfterMs, refund() {} };
  };

  /** Into the lease if there is one, else to the server, for which nobody waits. */
  const giveBack = (view: View, amount: number) => {
    view.refusedUntilMs = 0;
    if (view.leasedUntilMs > now()) view.leased += amount;
    else ask.take(view.name, view.budget, [-amount], 0).catch(() => {});
  };

  return {
    take(request) {
      const nowMs = now();
      const { cost } = request;
      const view = viewOf(request);
      view.usedMs = nowMs;
      if (cost > 0 && view.waiting.length === 0) {
        if (view.leasedUntilMs > nowMs && useLease(view, cost, nowMs)) return given(view, cost);
        if (view.refusedUntilMs > nowMs && cost >= view.refusedCost) return refusedAgain(view, nowMs);
      }
      return new Promise((resolve, reject) => {
        view.waiting.push({ cost, resolve, reject });
        void pump(view);
      });
    },
    count: counts,
    sweep() {
      const nowMs = now();
      for (const view of [...views.values()]) {
        const isOver = view.leasedUntilMs <= nowMs;
        if (isOver && view.leased > 0) {
          const { leased } = view;
          view.leased = 0;
          // What was leased in a window that has ended is gone with it.
          if (view.windowEndsMs > nowMs) giveBack(view, leased);
        }
        if (isOver && !view.isAsking && nowMs - view.usedMs > 2 * leaseMs) views.delete(view.name);
      }
    },
    get size() {
      return views.size;
    },
  };
}

/** What is leased: it is there until it is given back, or its window ends. */
const heldOf = ({ leased, windowEndsMs }: View, nowMs: number): number => (windowEndsMs > nowMs ? leased : 0);

/** Takes from what is leased; false if that is not enough. */
function useLease(view: View, cost: number, nowMs: number): boolean {
  if (cost <= 0 || heldOf(view, nowMs) < cost) return false;
  view.leased -= cost;
  return true;
}

/** What was refused a moment ago, without asking again. */
function refusedAgain(view: View, nowMs: number): LimitAnswer {
  const resetMs = Math.max(0, view.wholeAtMs - nowMs);
  const retryAfterMs = Math.max(1, view.refusedUntilMs - nowMs, view.budget.algorithm === "fixed" ? resetMs : 0);
  return { allowed: false, remaining: Math.floor(view.free), resetMs, retryAfterMs, refund() {} };
}

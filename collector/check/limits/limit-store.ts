/** What is asked of a budget. */
export interface LimitRequest {
  /** Tells budgets apart; begins with the rule's name. */
  readonly key: string;
  readonly algorithm: "gcra" | "fixed" | "sliding";
  /** So many in a window. */
  readonly count: number;
  readonly windowMs: number;
  /** How many at once, for gcra. */
  readonly burst: number;
  /** What this request costs; 0 only looks. */
  readonly cost: number;
}

/** What a budget has to say. */
export interface LimitAnswer {
  readonly allowed: boolean;
  /** What is left of it. */
  readonly remaining: number;
  /** Milliseconds until it is whole again, or its window ends. */
  readonly resetMs: number;
  /** Milliseconds until the same request could be allowed; 0 where it is. */
  readonly retryAfterMs: number;
  /** Gives back what was taken. */
  refund(): void;
}

/** Keeps budgets. */
export interface LimitStore {
  /** Takes from a budget, or takes nothing if it is not enough. Rejects if it cannot say. */
  take(request: LimitRequest): LimitAnswer | Promise<LimitAnswer>;
}

/** Keeps count of requests at once. */
export interface ConcurrencyStore {
  /** Takes a place, or says that there is none. The place is free when `release` is called with the same id, or after `maxAgeMs`. */
  enter(
    key: string,
    max: number,
    maxAgeMs: number,
    id: string,
  ): { readonly allowed: boolean; readonly current: number };
  /** The request with this id has ended. */
  release(id: string): void;
}

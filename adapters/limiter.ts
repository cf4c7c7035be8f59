import type { z } from "zod";
import type { RateLimitAnswer, RateLimitRequest } from "../schemas/model/rate-limit.ts";
import type { Adapter, ConfigProblem, Host } from "./adapter.ts";

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
  /** What this request costs; 0 only looks, less gives back. */
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

/** A count that goes on whether it is beyond its limit or not, under a key that names its window. */
export interface CountRequest {
  readonly key: string;
  /** Added; less than 0 takes away, down to 0. */
  readonly hits: number;
  /** What it is held against, so that a store that is full knows which counts matter. */
  readonly limit: number;
  /** Milliseconds after which it may be forgotten. */
  readonly keepMs: number;
}

/** Keeps budgets. */
export interface LimitStore {
  /** Takes from a budget, or takes nothing if it is not enough. Rejects if it cannot say. */
  take(request: LimitRequest): LimitAnswer | Promise<LimitAnswer>;
  /** Adds to a count and gives the sum. Rejects if it cannot say. */
  count(request: CountRequest): number | Promise<number>;
}

/** A store at work. */
export interface OpenLimitStore extends LimitStore {
  close(): Promise<void>;
}

/** What an adapter that keeps budgets declares. */
export interface Stores<C> {
  /** Opens the store. `local` keeps budgets in this process, for when the store cannot be asked. */
  open(config: C, host: Host, local: LimitStore): Promise<OpenLimitStore>;
}

/** An open adapter that answers rate limit requests of some domains. */
export interface OpenLimiter {
  /** Whether a domain is its own now. */
  has(domain: string): boolean;
  /** Answers a request of such a domain, counting in `store`. Rejects if the store cannot say. */
  answer(request: RateLimitRequest, store: LimitStore): RateLimitAnswer | Promise<RateLimitAnswer>;
  /** Another one takes over, or the hub stops. Answers that are under way are still given. */
  close(): Promise<void>;
}

/** What an adapter that answers rate limit requests declares. */
export interface RateLimits<C> {
  /** Where it counts: `memory`, or the name of a handler that keeps budgets. */
  store(config: C): string;
  open(config: C, host: Host): Promise<OpenLimiter>;
}

/** What an adapter for limits declares: it takes nothing that rules send. */
export type LimitAdapter<S extends z.ZodType> = Pick<
  Adapter<never, S>,
  "type" | "summary" | "config" | "rateLimits" | "stores"
> & {
  /** Checks settings, and files that they name, beyond the schema; everything wrong at once. */
  validate?(config: z.output<S>): readonly ConfigProblem[];
};

/** Declares an adapter that answers rate limit requests, or keeps budgets; nothing happens until the hub opens it. */
export function defineLimits<S extends z.ZodType>(adapter: LimitAdapter<S>): Adapter<never, S> {
  return { ...adapter, accepts: [], open: async () => ({ record() {}, async close() {} }) };
}

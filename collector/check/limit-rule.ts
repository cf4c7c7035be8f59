import type { LimitAnswer, LimitStore } from "../../adapters/limiter.ts";
import { errorText } from "../../schemas/model/error-text.ts";
import { patiently } from "../../schemas/model/patience.ts";
import type { LimitState } from "../../schemas/model/verdict.ts";
import type { CheckedLimit } from "../config/checked-policy.ts";
import { parseRate, type Rate } from "../config/rate.ts";
import { EvalFailure, type Expression, type Slots } from "../expr/expression.ts";
import type { ChangesOf } from "./changes.ts";
import type { ConcurrencyStore } from "./limits/concurrency.ts";
import { tracedStore } from "./limits/traced-store.ts";
import type { Outcome } from "./outcome.ts";
import type { PolicyRule } from "./policy.ts";
import type { PendingRequest } from "./request.ts";

/** What a rule with a budget is made of. */
export interface LimitRuleOptions {
  readonly name: string;
  readonly rule: CheckedLimit;
  /** The rule's expressions, compiled. */
  readonly key: readonly Expression[];
  readonly rate: Rate | Expression | undefined;
  readonly cost: Expression | undefined;
  readonly changesOf: ChangesOf;
  readonly store: LimitStore;
  readonly concurrency: ConcurrencyStore;
  /** What tells a request apart, so that its end is known: undefined where it has no id. */
  idOf(values: Slots): string | undefined;
  /** What a rate limit request adds; undefined for others. */
  hitsOf(values: Slots): number | undefined;
  /** Milliseconds; only differences count. */
  now(): number;
  /** Calls back after a time; returns how to call it off. */
  after(ms: number, callback: () => void): () => void;
}

/** What the turns of the event loop on top of a store's time take where nothing holds them up. */
const PATIENCE_MS = 5;

/** Refuses what goes beyond a budget: 429 with Retry-After, or what the rule says. */
export function createLimitRule(options: LimitRuleOptions): PolicyRule["act"] {
  const { name, rule, changesOf, store } = options;
  const denial = { status: rule.status, code: 8, message: "too many requests" };

  const refuse = (
    changes: Extract<Outcome, { kind: "pass" }>["changes"],
    state: LimitState,
    retryAfterMs: number,
  ): Outcome => ({
    kind: "deny",
    denial,
    changes: {
      ...changes,
      client: [
        ...(changes.client ?? []),
        { action: "set", name: "retry-after", value: String(Math.max(1, Math.ceil(retryAfterMs / 1000))) },
      ],
    },
    limit: state,
  });

  const settle = (request: PendingRequest, rate: Rate, answer: LimitAnswer): Outcome => {
    const changes = changesOf(request.record.values);
    if (changes instanceof EvalFailure) {
      answer.refund();
      return { kind: "error", detail: changes.message };
    }
    const { remaining, resetMs, allowed } = answer;
    const state = { rule: name, limit: rate.count, remaining, resetMs, windowMs: rate.windowMs, exceeded: !allowed };
    if (!allowed) return refuse(changes, state, answer.retryAfterMs);
    if (!rule.shadow) request.refunds.push(() => answer.refund());
    return { kind: "pass", changes, limit: state };
  };

  const enter = (request: PendingRequest, key: string): Outcome => {
    const { values } = request.record;
    const max = rule.concurrent ?? 0;
    const id = options.idOf(values);
    if (id === undefined) return { kind: "error", detail: "a request without an id cannot be counted while it runs" };
    const changes = changesOf(values);
    if (changes instanceof EvalFailure) return { kind: "error", detail: changes.message };
    const { allowed, current, leave } = options.concurrency.enter(key, max, rule.maxAgeMs, id);
    const windowMs = rule.maxAgeMs;
    const state = {
      rule: name,
      limit: max,
      remaining: Math.max(0, max - current),
      resetMs: 0,
      windowMs,
      exceeded: !allowed,
    };
    if (!allowed) return refuse(changes, state, 1000);
    request.refunds.push(leave);
    return { kind: "pass", changes, limit: state };
  };

  /** What comes too late is given back. */
  const inTime = (request: PendingRequest, rate: Rate, answer: Promise<LimitAnswer>): Promise<Outcome> =>
    new Promise((resolve) => {
      const ms = Math.max(0, Math.min(rule.timeoutMs, request.deadlineMs - options.now()) - PATIENCE_MS);
      let isLate = false;
      const cancel = patiently(options.after, ms, () => {
        isLate = true;
        resolve(storeError(new Error(`no answer within ${Math.round(ms)} ms`)));
      });
      answer.then(
        (given) => {
          cancel();
          if (isLate) given.refund();
          else resolve(settle(request, rate, given));
        },
        (error: unknown) => {
          cancel();
          resolve(storeError(error));
        },
      );
    });

  return (request) => {
    const { values } = request.record;
    request.dependencies.isOnce = true;
    const key = keyOf(name, options.key, values);
    if (key instanceof EvalFailure) return { kind: "error", detail: `key: ${key.message}` };
    if (rule.concurrent !== undefined) return enter(request, key);
    const rate = rateOf(options.rate, values);
    if (typeof rate === "string") return { kind: "error", detail: rate };
    const cost = costOf(options.cost, values, options.hitsOf(values));
    if (typeof cost === "string") return { kind: "error", detail: cost };
    try {
      const { algorithm, burst = rate.count } = rule;
      const { work } = request;
      const asked = work === undefined ? store : tracedStore(store, rule.store, work);
      const answer = asked.take({ key, algorithm, ...rate, burst: Math.max(1, burst), cost });
      return answer instanceof Promise ? inTime(request, rate, answer) : settle(request, rate, answer);
    } catch (error) {
      return storeError(error);
    }
  };
}

/** Lengths stand before the parts, so that no two lists of values give the same key. */
function keyOf(name: string, expressions: readonly Expression[], values: Slots): string | EvalFailure {
  let key = name;
  for (const expression of expressions) {
    const value = expression.evaluate(values);
    if (value instanceof EvalFailure) return value;
    const text = String(value);
    key += `|${text.length}:${text}`;
  }
  return key;
}

function rateOf(rate: Rate | Expression | undefined, values: Slots): Rate | string {
  if (rate === undefined) return "the rule has no rate";
  if (!("evaluate" in rate)) return rate;
  const text = rate.evaluate(values);
  if (text instanceof EvalFailure) return `rate: ${text.message}`;
  return parseRate(String(text)) ?? `rate: "${String(text)}" is no rate`;
}

/** A rate limit request costs its hits unless the rule says otherwise; only such a request gives back. */
function costOf(cost: Expression | undefined, values: Slots, hits: number | undefined): number | string {
  if (cost === undefined) return hits ?? 1;
  const value = cost.evaluate(values);
  if (value instanceof EvalFailure) return `cost: ${value.message}`;
  const number = Number(value);
  const mayGiveBack = hits !== undefined && hits < 0;
  return Number.isFinite(number) && (number >= 0 || mayGiveBack)
    ? Math.ceil(number)
    : `cost: ${String(value)} is no cost`;
}

const storeError = (error: unknown): Outcome => ({ kind: "error", detail: `limit store: ${errorText(error)}` });

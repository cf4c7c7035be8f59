import type { LimitStore, OpenLimiter } from "../../../adapters/limiter.ts";
import type { LimitCall, LimitReceipt } from "../../../schemas/model/check-request.ts";
import { errorText } from "../../../schemas/model/error-text.ts";
import {
  type DescriptorStatus,
  limitUnits,
  type RateLimitAnswer,
  type RateLimitDescriptor,
  type RateLimitRequest,
} from "../../../schemas/model/rate-limit.ts";
import type { Verdict } from "../../../schemas/model/verdict.ts";
import { tracedStore } from "../limits/traced-store.ts";
import { type Decided, toLimitAnswer } from "./from-verdicts.ts";

/** What answers rate limit requests. */
export interface RateLimitParts {
  /** Handlers that answer for domains of their own, and where they count. */
  readonly limiters: readonly {
    readonly limiter: OpenLimiter;
    readonly store: LimitStore;
    readonly storeName: string;
  }[];
  /** Where limits that proxies want held themselves are counted. */
  readonly overrides: LimitStore;
  /** Calls back after a time; returns how to call it off. */
  after(ms: number, callback: () => void): () => void;
}

/** Asks the rules about one descriptor. */
export type Decide = (domain: string, descriptor: RateLimitDescriptor) => Verdict | Promise<Verdict>;

/** Answers rate limit requests. */
export interface RateLimits {
  /** Never rejects; takes no longer than `waitsMs`. */
  answer(call: LimitCall, decide: Decide): LimitReceipt | Promise<LimitReceipt>;
}

/** Requests of a domain that a handler answers for go there; of others, the rules decide on each descriptor. */
export function createRateLimits({ limiters, overrides, after }: RateLimitParts): RateLimits {
  const byRules = (
    { domain, descriptors }: RateLimitRequest,
    tellsClient: boolean,
    decide: Decide,
  ): RateLimitAnswer | Promise<RateLimitAnswer> => {
    const decided = descriptors.map((descriptor): Decided | Promise<Decided> => {
      const verdict = decide(domain, descriptor);
      return verdict instanceof Promise
        ? verdict.then((late) => withOverride(domain, descriptor, late))
        : withOverride(domain, descriptor, verdict);
    });
    return decided.some((each) => each instanceof Promise)
      ? Promise.all(decided).then((all) => toLimitAnswer(all, tellsClient))
      : toLimitAnswer(decided as Decided[], tellsClient);
  };

  /** A limit that came with the descriptor holds beside those of the rules, if they let it pass. */
  const withOverride = (
    domain: string,
    descriptor: RateLimitDescriptor,
    verdict: Verdict,
  ): Decided | Promise<Decided> => {
    const override = verdict.allowed ? overrideOf(domain, descriptor) : undefined;
    return override instanceof Promise ? override.then((late) => ({ verdict, override: late })) : { verdict, override };
  };

  const overrideOf = (
    domain: string,
    { entries, limit, hits }: RateLimitDescriptor,
  ): DescriptorStatus | Promise<DescriptorStatus> | undefined => {
    if (limit === undefined || limit.unit === "UNKNOWN") return undefined;
    const count = limit.requestsPerUnit;
    const windowMs = limitUnits[limit.unit].seconds * 1000;
    const key = JSON.stringify(["override", domain, ...entries.map(({ key: name, value }) => [name, value])]);
    const taken = overrides.take({ key, algorithm: "fixed", count, windowMs, burst: count, cost: hits });
    const toStatus = ({ allowed, remaining, resetMs }: Awaited<typeof taken>): DescriptorStatus => ({
      overLimit: !allowed,
      limit: { requestsPerUnit: count, unit: limit.unit, name: "" },
      remaining: allowed ? remaining : 0,
      resetMs,
    });
    return taken instanceof Promise ? taken.then(toStatus) : toStatus(taken);
  };

  const inTime = (answer: Promise<RateLimitAnswer>, ms: number): Promise<LimitReceipt> =>
    new Promise((resolve) => {
      const cancel = after(ms, () => resolve({ failure: `no answer within ${Math.round(ms)} ms` }));
      const end = (receipt: LimitReceipt) => {
        cancel();
        resolve(receipt);
      };
      answer.then(
        (given) => end({ answer: given }),
        (error: unknown) => end({ failure: errorText(error) }),
      );
    });

  return {
    answer({ request, tellsClient, waitsMs, work }, decide) {
      const own = limiters.find(({ limiter }) => limiter.has(request.domain));
      try {
        const answer =
          own === undefined
            ? byRules(request, tellsClient, decide)
            : own.limiter.answer(request, work === undefined ? own.store : tracedStore(own.store, own.storeName, work));
        return answer instanceof Promise ? inTime(answer, waitsMs) : { answer };
      } catch (error) {
        return { failure: errorText(error) };
      }
    },
  };
}

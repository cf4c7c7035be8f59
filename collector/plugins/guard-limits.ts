import type { AdapterLog } from "../../adapters/adapter.ts";
import type { LimitAnswer, OpenLimiter, OpenLimitStore, RateLimits, Stores } from "../../adapters/limiter.ts";
import { deepFreeze } from "../../schemas/model/deep-freeze.ts";
import { errorText } from "../../schemas/model/error-text.ts";
import { readLimitAnswer, readRateLimitAnswer, readSum } from "./answer-schemas.ts";
import { closeQuietly, guardHost } from "./guarded-host.ts";
import { textFrom, withFunctions } from "./needed.ts";

/** Rate limits of an adapter that the hub does not know: its answers are looked through, and a request cannot be changed. */
export function guardRateLimits(limits: RateLimits<unknown>, from: string): RateLimits<unknown> {
  return {
    store: (config) => textFrom(limits.store(config), `"rateLimits.store" of ${from}`),
    async open(config, host) {
      const opened = await limits.open(config, guardHost(host));
      const limiter = withFunctions<OpenLimiter>(opened, from, ["has", "answer", "close"]);
      return {
        has: (domain) => isItsOwn(limiter, domain, host.log),
        answer: async (request, store) =>
          readRateLimitAnswer(await limiter.answer(deepFreeze(request), store), `"answer" of ${from}`),
        close: () => closeQuietly(limiter, host.log),
      };
    },
  };
}

function isItsOwn(limiter: OpenLimiter, domain: string, log: AdapterLog): boolean {
  try {
    return limiter.has(domain) === true;
  } catch (error) {
    log.error({ reason: errorText(error) }, '"has" of the adapter threw: it is not asked about this domain');
    return false;
  }
}

/** A store of budgets of an adapter that the hub does not know: its answers are looked through. */
export function guardStores(stores: Stores<unknown>, from: string): Stores<unknown> {
  return {
    async open(config, host, local) {
      const opened = await stores.open(config, guardHost(host), local);
      const store = withFunctions<OpenLimitStore>(opened, from, ["take", "count", "close"]);
      return {
        async take(request) {
          const answer = readLimitAnswer(await store.take(deepFreeze(request)), `"take" of ${from}`);
          return { ...answer, refund: () => refundQuietly(answer, host.log) };
        },
        count: async (request) => readSum(await store.count(deepFreeze(request)), `"count" of ${from}`),
        close: () => closeQuietly(store, host.log),
      };
    },
  };
}

function refundQuietly({ refund }: LimitAnswer, log: AdapterLog): void {
  try {
    refund();
  } catch (error) {
    log.error({ reason: errorText(error) }, '"refund" of the adapter threw: what was taken stays taken');
  }
}

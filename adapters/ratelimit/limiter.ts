import {
  type CurrentLimit,
  type DescriptorStatus,
  type HeaderValue,
  limitUnits,
  type RateLimitAnswer,
  type RateLimitDescriptor,
  type RateLimitRequest,
} from "../../schemas/model/rate-limit.ts";
import type { LimitStore } from "../limiter.ts";
import type { RatelimitConfig } from "./config.ts";
import { countHits } from "./count-hits.ts";
import { type FoundLimit, findLimit } from "./find-limit.ts";
import type { Domains, Limit, Unit } from "./limit-tree.ts";
import { toMetadata } from "./metadata.ts";
import type { Statistics } from "./statistics.ts";

/** What answering takes. */
export interface LimiterParts {
  readonly config: Pick<
    RatelimitConfig,
    "shadowMode" | "quotaMode" | "nearLimitRatio" | "keyPrefix" | "responseHeaders" | "responseMetadata"
  >;
  readonly statistics: Statistics;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** One descriptor with what holds for it. */
interface Held {
  readonly descriptor: RateLimitDescriptor;
  readonly found: FoundLimit | undefined;
  readonly isUnlimited: boolean;
}

/** A descriptor's status with its limit. */
interface Answered {
  readonly status: DescriptorStatus;
  readonly limit: Limit | undefined;
}

const MAX_UINT32 = 0xffff_ffff;

/** Answers requests of a domain as envoyproxy/ratelimit does: every descriptor counts, whatever became of the others. */
export function createLimiter({ config, statistics, now }: LimiterParts) {
  const count = (
    domain: string,
    { descriptor, found, isUnlimited }: Held,
    nowSeconds: number,
    store: LimitStore,
  ): Answered | Promise<Answered> => {
    const { limit } = found ?? {};
    const unit = limit?.unit;
    if (found === undefined || limit === undefined || unit === undefined)
      return { status: { ...unlimited, remaining: isUnlimited ? MAX_UINT32 : 0 }, limit: undefined };
    const { seconds } = limitUnits[unit];
    const { hits } = descriptor;
    const { requestsPerUnit } = limit;
    const resetMs = (seconds - (nowSeconds % seconds)) * 1000;
    const settle = (after: number): Answered => {
      const counts = statistics.limit(domain, found.path);
      const { shadowMode } = limit;
      countHits(counts, { hits, after, limit: requestsPerUnit, nearLimitRatio: config.nearLimitRatio, shadowMode });
      const isOver = after > requestsPerUnit;
      return {
        limit,
        status: {
          overLimit: isOver && !shadowMode,
          limit: { requestsPerUnit, unit, name: limit.name } satisfies CurrentLimit,
          remaining: isOver ? 0 : requestsPerUnit - after,
          resetMs,
        },
      };
    };
    const key = keyOf(config.keyPrefix, domain, descriptor, found.values, nowSeconds - (nowSeconds % seconds));
    const after = store.count({ key, hits, limit: requestsPerUnit, keepMs: seconds * 1000 });
    return after instanceof Promise ? after.then(settle) : settle(after);
  };

  const put = (request: RateLimitRequest, answered: readonly Answered[]): RateLimitAnswer => {
    const statuses = answered.map(({ status }) => status);
    const isQuota = ({ limit }: Answered) => config.quotaMode || limit?.quotaMode === true;
    const limited = answered.filter(({ limit }) => limit !== undefined);
    const quotas = limited.filter(isQuota);
    const isOver = ({ status }: Answered) => status.overLimit;
    const refused =
      limited.some((each) => isOver(each) && !isQuota(each)) || (quotas.length > 0 && quotas.every(isOver));
    if (refused && config.shadowMode) statistics.service.global_shadow_mode++;
    const tightest = tightestOf(answered, isQuota);
    const metadata = limited.filter((each) => !isOver(each)).map(({ limit }) => limit?.metadata ?? {});
    const tellsProxy = config.responseMetadata ?? metadata.some((each) => Object.keys(each).length > 0);
    return {
      overLimit: refused && !config.shadowMode,
      statuses,
      responseHeaders: config.responseHeaders === undefined ? [] : headersOf(config.responseHeaders, tightest),
      ...{ requestHeaders: [], body: undefined },
      metadata: tellsProxy ? toMetadata(request, metadata) : undefined,
    };
  };

  return {
    answer(domains: Domains, request: RateLimitRequest, store: LimitStore): RateLimitAnswer | Promise<RateLimitAnswer> {
      const nowSeconds = Math.floor(now() / 1000);
      const held = withoutReplaced(
        request.descriptors.map((descriptor) => holdsFor(domains, request.domain, descriptor)),
      );
      const answered = held.map((each) => count(request.domain, each, nowSeconds, store));
      return answered.some((each) => each instanceof Promise)
        ? Promise.all(answered).then((all) => put(request, all))
        : put(request, answered as Answered[]);
    },
  };
}

const unlimited: DescriptorStatus = { overLimit: false, limit: undefined, remaining: 0, resetMs: undefined };

/** The limit that a descriptor brings along goes before those of the files. */
function holdsFor(domains: Domains, domain: string, descriptor: RateLimitDescriptor): Held {
  const { limit, entries } = descriptor;
  if (limit !== undefined) return { descriptor, found: ownLimit(descriptor), isUnlimited: false };
  const node = domains.get(domain);
  const found = node && findLimit(node, entries);
  return { descriptor, found, isUnlimited: found !== undefined && found.limit.unit === undefined };
}

function ownLimit({ limit, entries }: RateLimitDescriptor): FoundLimit | undefined {
  if (limit === undefined || limit.unit === "UNKNOWN") return undefined;
  return {
    limit: {
      ...{ requestsPerUnit: limit.requestsPerUnit, unit: limit.unit satisfies Unit, name: "", replaces: [] },
      ...{ shadowMode: false, quotaMode: false, detailedMetric: false, metadata: undefined },
    },
    path: entries.map(({ key, value }) => (value === "" ? key : `${key}_${value}`)),
    values: entries.map(({ value }) => value),
  };
}

/** Limits that another of the same request replaces are not counted. */
function withoutReplaced(held: readonly Held[]): Held[] {
  const replaced = new Set(held.flatMap(({ found }) => found?.limit.replaces ?? []));
  return held.map((each) => {
    const name = each.found?.limit.name ?? "";
    const isReplaced = name !== "" && !each.isUnlimited && replaced.has(name);
    return isReplaced ? { ...each, found: undefined } : each;
  });
}

/** The key of envoyproxy/ratelimit: domain, keys and values, and the second in which the window began. */
function keyOf(
  prefix: string,
  domain: string,
  { entries }: RateLimitDescriptor,
  values: readonly string[],
  start: number,
): string {
  const parts = entries.map(({ key }, i) => `${key}_${values[i]}_`).join("");
  return `${prefix}${domain}_${parts}${start}`;
}

/** The one with the least left; the last one that refuses goes before all. */
function tightestOf(answered: readonly Answered[], isQuota: (each: Answered) => boolean): DescriptorStatus | undefined {
  let least = MAX_UINT32;
  let tightest: DescriptorStatus | undefined;
  for (const each of answered) {
    const { status } = each;
    if (status.limit === undefined) continue;
    const refuses = status.overLimit && !isQuota(each);
    if (!refuses && status.remaining >= least) continue;
    tightest = status;
    least = refuses ? 0 : status.remaining;
  }
  return tightest;
}

function headersOf(
  names: NonNullable<RatelimitConfig["responseHeaders"]>,
  tightest: DescriptorStatus | undefined,
): HeaderValue[] {
  if (tightest?.limit === undefined) return [];
  return [
    { name: names.limit, value: String(tightest.limit.requestsPerUnit) },
    { name: names.remaining, value: String(tightest.remaining) },
    { name: names.reset, value: String((tightest.resetMs ?? 0) / 1000) },
  ];
}

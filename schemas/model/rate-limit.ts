import type { Json } from "./access-log.ts";

/** Units of limits, with their numbers in envoy.service.ratelimit.v3. A month is 30 days and a year 365, as the rate limit service has it. */
export const limitUnits = {
  SECOND: { number: 1, seconds: 1 },
  MINUTE: { number: 2, seconds: 60 },
  HOUR: { number: 3, seconds: 3600 },
  DAY: { number: 4, seconds: 86_400 },
  WEEK: { number: 7, seconds: 604_800 },
  MONTH: { number: 5, seconds: 2_592_000 },
  YEAR: { number: 6, seconds: 31_536_000 },
} as const;

/** A unit of limits; UNKNOWN for windows that have no name. */
export type LimitUnit = keyof typeof limitUnits | "UNKNOWN";

/** One part of a descriptor. */
export interface DescriptorEntry {
  readonly key: string;
  readonly value: string;
}

/** What a proxy wants counted together. */
export interface RateLimitDescriptor {
  readonly entries: readonly DescriptorEntry[];
  /** The limit that the proxy itself wants held, in place of the configured one. */
  readonly limit: { readonly requestsPerUnit: number; readonly unit: LimitUnit } | undefined;
  /** What it adds; less than 0 gives back. */
  readonly hits: number;
  /** Its own hits as they stood in the request, where it had any. */
  readonly ownHits: number | undefined;
}

/** A rate limit request (envoy.service.ratelimit.v3.RateLimitRequest). */
export interface RateLimitRequest {
  readonly domain: string;
  readonly descriptors: readonly RateLimitDescriptor[];
  /** As it stood in the request, 0 where it did not. */
  readonly hitsAddend: number;
}

/** What became of one descriptor. */
export interface DescriptorStatus {
  readonly overLimit: boolean;
  /** Undefined where nothing limits it. */
  readonly limit: CurrentLimit | undefined;
  readonly remaining: number;
  /** Milliseconds to the end of the window; undefined where there is none. */
  readonly resetMs: number | undefined;
}

/** The limit that a descriptor is held to. */
export interface CurrentLimit {
  readonly requestsPerUnit: number;
  readonly unit: LimitUnit;
  /** Empty if it has none. */
  readonly name: string;
}

/** A header with its value. */
export interface HeaderValue {
  readonly name: string;
  readonly value: string;
}

/** The answer to a rate limit request. */
export interface RateLimitAnswer {
  readonly overLimit: boolean;
  /** One for each descriptor, in their order. */
  readonly statuses: readonly DescriptorStatus[];
  /** Of the answer to the client. */
  readonly responseHeaders: readonly HeaderValue[];
  /** Of the request on its way to the upstream. */
  readonly requestHeaders: readonly HeaderValue[];
  /** Body of the refusal. */
  readonly body: string | undefined;
  readonly metadata: { readonly [name: string]: Json } | undefined;
}

/** The unit of a window of this length; UNKNOWN if none fits. */
export function unitOf(windowMs: number): LimitUnit {
  const units = Object.entries(limitUnits) as [LimitUnit, { readonly seconds: number }][];
  return units.find(([, { seconds }]) => seconds * 1000 === windowMs)?.[0] ?? "UNKNOWN";
}

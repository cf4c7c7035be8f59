import type { LimitCounts } from "./statistics.ts";

/** A count before and after hits were added, and its limit. */
export interface Counted {
  readonly hits: number;
  readonly after: number;
  readonly limit: number;
  readonly nearLimitRatio: number;
  readonly shadowMode: boolean;
}

/**
 * Counts hits as envoyproxy/ratelimit does: hits that cross a threshold count on both sides of it, each for its share. Hits that are given
 * back count as none.
 */
export function countHits(counts: LimitCounts, { hits, after, limit, nearLimitRatio, shadowMode }: Counted): void {
  const added = Math.max(0, hits);
  const before = after - added;
  const near = Math.floor(Math.fround(Math.fround(limit) * Math.fround(nearLimitRatio)));
  counts.total_hits += added;
  if (after <= limit) {
    counts.within_limit += added;
    if (after > near) counts.near_limit += before >= near ? added : after - near;
    return;
  }
  const over = before >= limit ? added : after - limit;
  counts.over_limit += over;
  if (before < limit) counts.near_limit += limit - Math.max(near, before);
  if (shadowMode) counts.shadow_mode += over;
}

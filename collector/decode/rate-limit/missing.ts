import type { RateLimitRequest } from "../../../schemas/model/rate-limit.ts";

/** What a rate limit request lacks; undefined if nothing. */
export function whatIsMissing({ domain, descriptors }: RateLimitRequest): string | undefined {
  if (domain === "") return "rate limit domain must not be empty";
  if (descriptors.length === 0) return "rate limit descriptor list must not be empty";
  const empty = descriptors.findIndex(({ entries }) => entries.length === 0);
  return empty < 0 ? undefined : `descriptor ${empty} has no entries: expected at least one`;
}

import {
  type CurrentLimit,
  type DescriptorStatus,
  type HeaderValue,
  limitUnits,
} from "../../../schemas/model/rate-limit.ts";

/**
 * What tells a client of its limits (draft-polli-ratelimit-headers-03, as Envoy writes them): the tightest one, what is left of it and the
 * seconds until it ends, and all of them with their windows.
 */
export function limitHeaders(statuses: readonly DescriptorStatus[]): HeaderValue[] {
  const limited = statuses.flatMap((status) =>
    status.limit === undefined ? [] : [{ ...status, limit: status.limit, resetMs: status.resetMs ?? 0 }],
  );
  const [first] = limited;
  if (first === undefined) return [];
  const tightest = limited.reduce((least, each) => (each.remaining < least.remaining ? each : least), first);
  const limits = [String(tightest.limit.requestsPerUnit), ...limited.flatMap(({ limit }) => policyOf(limit))];
  return [
    { name: "x-ratelimit-limit", value: limits.join(", ") },
    { name: "x-ratelimit-remaining", value: String(Math.floor(tightest.remaining)) },
    { name: "x-ratelimit-reset", value: String(Math.ceil(tightest.resetMs / 1000)) },
  ];
}

/** One limit with its window; nothing for windows that have no name. */
function policyOf({ requestsPerUnit, unit, name }: CurrentLimit): string[] {
  if (unit === "UNKNOWN") return [];
  const named = name === "" ? "" : `;name="${name.replace(/["\\]/g, "\\$&")}"`;
  return [`${requestsPerUnit};w=${limitUnits[unit].seconds}${named}`];
}

import type { Json } from "../../schemas/model/access-log.ts";
import type { RateLimitDescriptor, RateLimitRequest } from "../../schemas/model/rate-limit.ts";

type JsonObject = { readonly [name: string]: Json };

/** The request and the metadata of the limits that let it pass, in the form of envoyproxy/ratelimit. */
export function toMetadata(
  { domain, descriptors, hitsAddend }: RateLimitRequest,
  passed: readonly JsonObject[],
): JsonObject {
  const metadata = passed.reduce(merge, {});
  return {
    domain,
    descriptors: descriptors.map(describe),
    ...(hitsAddend !== 0 && { hitsAddend }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}

function describe({ entries, limit, ownHits }: RateLimitDescriptor): JsonObject {
  return {
    entries: entries.map(({ key, value }) => `${key}=${value}`),
    ...(limit !== undefined && { limit: `requests_per_unit:${limit.requestsPerUnit} unit:${limit.unit}` }),
    ...(ownHits !== undefined && { hitsAddend: ownHits }),
  };
}

/** Mappings are merged; of anything else the first stays. */
function merge(before: JsonObject, more: JsonObject): JsonObject {
  const merged: { [name: string]: Json } = { ...before };
  for (const [name, value] of Object.entries(more)) {
    const own = Object.hasOwn(merged, name) ? merged[name] : undefined;
    if (own === undefined) merged[name] = value;
    else if (isObject(own) && isObject(value)) merged[name] = merge(own, value);
  }
  return merged;
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

import { slotOf } from "../../schemas/attributes/vocabulary.ts";
import type { DescriptorCheck } from "../../schemas/model/check-request.ts";
import type { RateLimitDescriptor } from "../../schemas/model/rate-limit.ts";
import type { AttributeRecord, Projection } from "../../schemas/model/record.ts";

const slots = {
  signal: slotOf("context.signal"),
  domain: slotOf("ratelimit.domain"),
  descriptor: slotOf("ratelimit.descriptor"),
  hits: slotOf("ratelimit.hits"),
};

/** Brings descriptors of rate limit requests into records. */
export function createDescriptorNormalizer(
  projection: Projection,
): (check: DescriptorCheck, record: AttributeRecord) => void {
  const keepsEntries = projection.has(slots.descriptor);
  const kept = new Set(Object.values(slots).filter((slot) => projection.has(slot)));
  return ({ domain, descriptor }, { values }) => {
    if (kept.has(slots.signal)) values[slots.signal] = "limit";
    if (kept.has(slots.domain)) values[slots.domain] = domain;
    if (kept.has(slots.hits)) values[slots.hits] = descriptor.hits;
    if (keepsEntries) values[slots.descriptor] = entriesOf(descriptor);
  };
}

/** Of a key that stands in a descriptor twice, the first value. */
function entriesOf({ entries }: RateLimitDescriptor): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const { key, value } of entries) if (!map.has(key)) map.set(key, value);
  return map;
}

import {
  type DescriptorEntry,
  type LimitUnit,
  limitUnits,
  type RateLimitDescriptor,
} from "../../../schemas/model/rate-limit.ts";

/** A descriptor as it stands in a request. */
export interface WireDescriptor {
  entries: DescriptorEntry[];
  limit: RateLimitDescriptor["limit"];
  /** Undefined where it has none of its own; 0 is one, and only looks. */
  ownHits: number | undefined;
  isNegative: boolean;
}

/** A descriptor of which nothing was read. */
export const emptyDescriptor = (): WireDescriptor => ({
  entries: [],
  limit: undefined,
  ownHits: undefined,
  isNegative: false,
});

/** What a descriptor adds: its own hits if it has any, else those of the request, of which none is one. */
export function toDescriptor(wire: WireDescriptor, hitsAddend: number): RateLimitDescriptor {
  const { entries, limit, ownHits, isNegative } = wire;
  const hits = ownHits ?? Math.max(1, hitsAddend);
  return { entries, limit, ownHits, hits: isNegative ? 0 - hits : hits };
}

const byNumber = new Map<number, LimitUnit>(
  Object.entries(limitUnits).map(([name, { number }]) => [number, name as LimitUnit]),
);

/** The unit with this number. */
export const unitOfNumber = (number: number): LimitUnit => byNumber.get(number) ?? "UNKNOWN";

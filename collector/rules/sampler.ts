import { slotOf } from "../../schemas/attributes/vocabulary.ts";
import type { Expression, Slots } from "../expr/expression.ts";

/** Chooses some of many records. */
export interface Sampler {
  /** How many records this one stands for if it is kept; 0 if it is left out. */
  of(values: Slots): number;
  /** The slots that it reads beside its expression's. */
  readonly slots: readonly number[];
}

/** What all proxies on a request's way know of it; the first that is there counts. */
const identitySlots = [slotOf("trace.id"), slotOf("request.id"), slotOf("connection.id")];

/**
 * Keeps what an expression says: true or false, or a rate. With a rate, the same request is kept or left out wherever it is
 * reported. What the expression cannot tell is kept.
 */
export function createSampler(expression: Expression): Sampler {
  let last = 0;
  const position = (values: Slots): number => {
    const named = positionOf(values);
    if (named === undefined) last = nextPosition(last);
    return named ?? last;
  };
  return {
    slots: identitySlots,
    of(values) {
      const rate = toRate(expression.evaluate(values));
      if (rate === 0 || rate === 1) return rate;
      return position(values) < rate ? 1 / rate : 0;
    },
  };
}

/** What the value of an expression says of the rate; what it cannot tell is kept. */
export function toRate(value: unknown): number {
  if (typeof value === "boolean") return value ? 1 : 0;
  const rate = typeof value === "number" || typeof value === "bigint" ? Number(value) : 1;
  return rate >= 0 && rate <= 1 ? rate : rate < 0 ? 0 : 1;
}

/** Where a request stands between 0 and 1; undefined if nothing names it. */
function positionOf(values: Slots): number | undefined {
  for (const slot of identitySlots) {
    const id = values[slot];
    if (typeof id === "string") return hash(id) / 2 ** 32;
  }
  return undefined;
}

/** Steps of the golden ratio fall evenly between 0 and 1, however few there are. */
function nextPosition(last: number): number {
  return (last + 0.618_033_988_749_895) % 1;
}

/** FNV-1a over UTF-16 units, finished as MurmurHash3 is, so that ids that differ little stand far apart. Fixed: hubs must agree. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193);
  sum = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b);
  sum = Math.imul(sum ^ (sum >>> 13), 0xc2b2ae35);
  return (sum ^ (sum >>> 16)) >>> 0;
}

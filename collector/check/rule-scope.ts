import { slotOf } from "../../schemas/attributes/vocabulary.ts";

const signal = slotOf("context.signal");
const ofLimits: ReadonlySet<number> = new Set(
  (["ratelimit.domain", "ratelimit.descriptor", "ratelimit.hits"] as const).map(slotOf),
);

/** What is asked: about a request, or about a descriptor of a rate limit request. */
export type Asked = "request" | "descriptor";

/**
 * Whether a rule that reads these slots is tried where this is asked. A descriptor has nothing of a request and a request nothing of a descriptor, so
 * a rule that reads only of the other is not about it. One that reads which of the two it is says itself; one that reads neither is about both.
 */
export function isAbout(slots: readonly number[], asked: Asked): boolean {
  if (slots.length === 0 || slots.includes(signal)) return true;
  return slots.some((slot) => ofLimits.has(slot)) === (asked === "descriptor");
}

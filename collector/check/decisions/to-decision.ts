import { type AttributeName, slotOf } from "../../../schemas/attributes/vocabulary.ts";
import type { Decision } from "../../../schemas/model/decision.ts";
import type { Value } from "../../../schemas/model/value.ts";
import type { Verdict } from "../../../schemas/model/verdict.ts";

const peer = (side: "source" | "destination"): readonly AttributeName[] => [
  `${side}.workload.name`,
  `${side}.workload.namespace`,
  `${side}.principal`,
  `${side}.ip`,
];

/** What is kept of a request: who called what. No query, headers or bodies, which may hold credentials. */
export const keptAttributes: readonly AttributeName[] = [
  ...peer("source"),
  ...peer("destination"),
  "destination.port",
  "destination.service.name",
  "destination.service.namespace",
  "destination.service.host",
  "request.method",
  "request.host",
  "request.url_path",
  "request.id",
  "trace.id",
  "ratelimit.domain",
];

const kept = keptAttributes.map((name) => ({ name, slot: slotOf(name) }));

/** The slots that decisions keep. */
export const keptSlots: readonly number[] = kept.map(({ slot }) => slot);

/** Longest text of a decision, and most reasons and limits: policies are written by operators, but requests by anyone. */
const MAX_TEXT = 512;
const MAX_PARTS = 32;

/** A verdict with the request that it is about, as it is kept. */
export function toDecision(
  verdict: Verdict,
  values: readonly (Value | undefined)[],
  timeMs: number,
  durationMs: number,
): Decision {
  const { id, rule, revision, allowed, denial, reasons, shadow, cache, limits } = verdict;
  const attributes: Record<string, string | number> = {};
  for (const { name, slot } of kept) {
    const value = values[slot];
    if (typeof value === "string") attributes[name] = cut(value);
    else if (typeof value === "number") attributes[name] = value;
  }
  return {
    ...{ id, timeMs, rule, revision, allowed, shadow, cache, durationMs, attributes },
    code: denial?.code ?? 0,
    status: denial?.status ?? 200,
    message: cut(denial?.message ?? ""),
    reasons: reasons.slice(0, MAX_PARTS),
    limits: limits.slice(0, MAX_PARTS),
  };
}

const cut = (text: string): string => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text);

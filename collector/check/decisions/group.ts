import type { Decision } from "../../../schemas/model/decision.ts";
import type { DecisionSum, Grouping } from "./messages.ts";
import { toShadow } from "./where.ts";

/** A group while it is summed up. */
export interface Group {
  readonly labels: DecisionSum["labels"];
  decisions: number;
  denied: number;
  shadowDenied: number;
  errors: number;
  cacheHits: number;
  totalMs: number;
  maxMs: number;
}

const labelOf: { readonly [By in Grouping]: (decision: Decision) => string | null } = {
  rule: ({ rule }) => rule,
  revision: ({ revision }) => revision,
  verdict: ({ allowed }) => (allowed ? "allow" : "deny"),
  shadow: ({ shadow }) => (shadow === undefined ? null : toShadow(shadow)),
  cache: ({ cache }) => cache,
};

/** Counts a decision in its group, for as many as it stands for. */
export function addTo(groups: Map<string, Group>, by: readonly Grouping[], decision: Decision, weight: number): void {
  const { allowed, shadow, reasons, cache, durationMs } = decision;
  const labels = Object.fromEntries(by.map((name) => [name, labelOf[name](decision)]));
  const key = JSON.stringify(labels);
  const group = groups.get(key) ?? newGroup(labels);
  groups.set(key, group);
  group.decisions += weight;
  if (!allowed) group.denied += weight;
  if (allowed && shadow?.allowed === false) group.shadowDenied += weight;
  if (reasons.some(({ outcome }) => outcome === "error")) group.errors += weight;
  if (cache === "hit") group.cacheHits += weight;
  group.totalMs += durationMs * weight;
  group.maxMs = Math.max(group.maxMs, durationMs);
}

const newGroup = (labels: DecisionSum["labels"]): Group => ({
  labels,
  ...{ decisions: 0, denied: 0, shadowDenied: 0, errors: 0, cacheHits: 0, totalMs: 0, maxMs: 0 },
});

/** The sums in whole decisions: sampled ones stand for fractions too. */
export function toSum({ labels, totalMs, maxMs, ...counts }: Group): DecisionSum {
  const decisions = Math.round(counts.decisions);
  const denied = Math.round(counts.denied);
  return {
    labels,
    decisions,
    allowed: decisions - denied,
    denied,
    shadowDenied: Math.round(counts.shadowDenied),
    errors: Math.round(counts.errors),
    cacheHits: Math.round(counts.cacheHits),
    durationMs: { mean: totalMs / counts.decisions, max: maxMs },
  };
}

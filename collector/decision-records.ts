import { slotOf } from "../schemas/attributes/vocabulary.ts";
import type { AttributeRecord } from "../schemas/model/record.ts";
import type { Verdict } from "../schemas/model/verdict.ts";
import { toShadow } from "./check/decisions/where.ts";
import type { CheckedConfig, CheckedRule } from "./config/checked.ts";
import type { RuleTable } from "./rules/rule-table.ts";

/** The built-in instance that is made of decisions, and of nothing else. */
const instanceName = "decisions";

/** What rules make of decisions, what of metrics of others, and what of all other records. */
export interface SplitRules {
  readonly ofDecisions: readonly CheckedRule[];
  readonly ofMetrics: readonly CheckedRule[];
  readonly ofRecords: readonly CheckedRule[];
}

/**
 * Parts rules by what they send: neither a decision nor a metric is a record of a request, so nothing that counts requests may be
 * made of them.
 */
export function splitRules({ rules, config, instances }: CheckedConfig): SplitRules {
  const isDecision = (name: string) => name === instanceName && !Object.hasOwn(config.instances, instanceName);
  const isMetric = (name: string) => instances.get(name)?.template === "metrics";
  return {
    ofDecisions: sending(rules, isDecision),
    ofMetrics: sending(rules, isMetric),
    ofRecords: sending(rules, (name) => !isDecision(name) && !isMetric(name)),
  };
}

/** The rules with those of their instances that are meant. */
export function sending(rules: readonly CheckedRule[], isMeant: (instance: string) => boolean): CheckedRule[] {
  return rules.flatMap((rule) => {
    const actions = rule.actions
      .map(({ handler, instances }) => ({ handler, instances: instances.filter(isMeant) }))
      .filter(({ instances }) => instances.length > 0);
    return actions.length === 0 ? [] : [{ ...rule, actions }];
  });
}

type Counts = Pick<RuleTable, "hits" | "skipped">;

/** What several tables count, by the rules and instances that they share. */
export function joinCounts(...tables: readonly Counts[]): Counts {
  return {
    hits() {
      const hits = tables.flatMap((table) => table.hits()).map(({ rule, hits }) => [rule, hits] as const);
      return [...summed(hits)].map(([rule, hits]) => ({ rule, hits }));
    },
    skipped: () => summed(tables.flatMap((table) => [...table.skipped()])),
  };
}

function summed(counts: Iterable<readonly [string, number]>): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [name, count] of counts) sums.set(name, count + (sums.get(name) ?? 0));
  return sums;
}

const slots = {
  signal: slotOf("context.signal"),
  time: slotOf("context.time"),
  rule: slotOf("check.rule"),
  verdict: slotOf("check.verdict"),
  revision: slotOf("check.revision"),
  shadow: slotOf("check.shadow"),
  code: slotOf("check.error_code"),
  message: slotOf("check.error_message"),
  cacheHit: slotOf("check.cache_hit"),
};

/** Sends what rules make of a decision: the request as the policy saw it, with the verdict filled in. `now` in milliseconds since the epoch. */
export function createDecisionReport(table: Pick<RuleTable, "report">, now: () => number) {
  return ({ rule, allowed, revision, shadow, denial, cache }: Verdict, record: AttributeRecord): void => {
    const { values } = record;
    const nowMs = now();
    values[slots.signal] = "check";
    values[slots.time] = { seconds: Math.floor(nowMs / 1000), nanos: Math.floor((nowMs % 1000) * 1e6) };
    values[slots.rule] = rule;
    values[slots.verdict] = allowed ? "allow" : "deny";
    values[slots.revision] = revision;
    values[slots.shadow] = shadow && toShadow(shadow);
    values[slots.code] = denial?.code ?? 0;
    values[slots.message] = denial?.message;
    values[slots.cacheHit] = cache === "hit";
    table.report(record);
  };
}

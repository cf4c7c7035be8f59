import type { HubMetrics } from "./metrics.ts";

/** What a rule table tells about itself. */
export interface RuleCounts {
  hits(): readonly { readonly rule: string; readonly hits: number }[];
  skipped(): ReadonlyMap<string, number>;
}

/** Keeps the counts of rules going when a reload puts a new table in place. */
export interface RuleObserver {
  /** The table that counts from now on. */
  follow(table: RuleCounts): void;
}

/** Shows what rules did, by rule name, over all the tables there were. */
export function observeRules(metrics: HubMetrics): RuleObserver {
  const hitsBefore = new Map<string, number>();
  const skippedBefore = new Map<string, number>();
  let current: RuleCounts | undefined;
  const hits = (): [string, number][] => (current?.hits() ?? []).map(({ rule, hits }) => [rule, hits]);
  const skipped = (): [string, number][] => [...(current?.skipped() ?? [])];

  metrics.observe({
    name: "mixdown_rule_hits_total",
    help: "Records that a rule applied to.",
    kind: "counter",
    labelNames: ["rule"],
    read: () => sums(hitsBefore, hits()).map(([rule, value]) => ({ labels: { rule }, value })),
  });
  metrics.observe({
    name: "mixdown_instances_skipped_total",
    help: "Instances not made since their value was absent or an error.",
    kind: "counter",
    labelNames: ["instance"],
    read: () => sums(skippedBefore, skipped()).map(([instance, value]) => ({ labels: { instance }, value })),
  });

  return {
    follow(table) {
      for (const [rule, value] of sums(hitsBefore, hits())) hitsBefore.set(rule, value);
      for (const [instance, value] of sums(skippedBefore, skipped())) skippedBefore.set(instance, value);
      current = table;
    },
  };
}

/** Counts by name, those of before added; names that only stood before are dropped. */
function sums(before: ReadonlyMap<string, number>, now: readonly [string, number][]): [string, number][] {
  return now.map(([name, value]) => [name, value + (before.get(name) ?? 0)]);
}

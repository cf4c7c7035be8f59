import type { DecisionCounters } from "../check/decisions/decision-log.ts";
import type { TallyRow } from "../check/decisions/tally.ts";
import type { HubMetrics } from "./metrics.ts";

/** What is counted about decisions. */
export interface DecisionCounts {
  verdicts(): Iterable<TallyRow>;
  counters(): DecisionCounters;
}

/** Shows what rules decided, and what became of the records of it. */
export function observeDecisions(metrics: HubMetrics, { verdicts, counters }: DecisionCounts): void {
  metrics.observe({
    name: "mixdown_decisions_total",
    help: "Verdicts by the rule that decided (empty: none did), and whether they were kept from before.",
    kind: "counter",
    labelNames: ["rule", "verdict", "cache"],
    read: () => [...verdicts()].map(({ decisions, ...labels }) => ({ labels, value: decisions })),
  });
  metrics.observe({
    name: "mixdown_decision_records_total",
    help: "Records of decisions: kept, sampled_out, or dropped since the store was too slow or failed.",
    kind: "counter",
    labelNames: ["outcome"],
    read: () => {
      const { kept, sampledOut, dropped } = counters();
      return Object.entries({ kept, sampled_out: sampledOut, dropped }).map(([outcome, value]) => ({
        labels: { outcome },
        value,
      }));
    },
  });
}

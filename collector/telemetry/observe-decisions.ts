import type { DecisionCounters } from "../check/decisions/decision-log.ts";
import type { JoinCounters } from "../check/decisions/recent-decisions.ts";
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

/** Shows how many records were joined to the decision on their request, and how many decisions no record came for. */
export function observeJoins(metrics: HubMetrics, counters: () => JoinCounters): void {
  metrics.observe({
    name: "mixdown_decision_joins_total",
    help: "Records joined to the decision on their request, by where it came from: memory, or the metadata that the proxy logs; mismatch: only decisions on other requests are known under the request's id.",
    kind: "counter",
    labelNames: ["by"],
    read: () => Object.entries(counters().records).map(([by, value]) => ({ labels: { by }, value })),
  });
  metrics.observe({
    name: "mixdown_unjoined_decisions_total",
    help: "Decisions that no record was joined to: none came in time (expired), too many requests (full), or too many decisions on one (hops), were remembered at once, or the request had no id (no_request_id).",
    kind: "counter",
    labelNames: ["reason"],
    read: () => Object.entries(counters().unjoined).map(([reason, value]) => ({ labels: { reason }, value })),
  });
}

import type { GraphCounts } from "../graph/call-graph.ts";
import type { HubMetrics } from "./metrics.ts";

/** Shows what became of the spans in which calls are looked for. */
export function observeGraph(metrics: HubMetrics, counts: () => GraphCounts): void {
  metrics.observe({
    name: "mixdown_graph_calls_total",
    help: "Calls found in spans: between two services, or of a database, a messaging system or another virtual node.",
    kind: "counter",
    labelNames: ["type"],
    read: () => Object.entries(counts().calls).map(([type, value]) => ({ labels: { type }, value })),
  });
  metrics.observe({
    name: "mixdown_graph_spans_total",
    help: "Spans that are no side of a call: inner to a workload, unpaired, dropped since too many waited, or repeated.",
    kind: "counter",
    labelNames: ["outcome"],
    read: () => Object.entries(counts().spans).map(([outcome, value]) => ({ labels: { outcome }, value })),
  });
  metrics.observe({
    name: "mixdown_graph_waiting_spans",
    help: "Spans kept since the other side of their call may come.",
    kind: "gauge",
    labelNames: [],
    read: () => [{ labels: {}, value: counts().waiting }],
  });
  metrics.observe({
    name: "mixdown_graph_waiting_bytes",
    help: "Memory that they take, by an estimate from above.",
    kind: "gauge",
    labelNames: [],
    read: () => [{ labels: {}, value: counts().waitingBytes }],
  });
}

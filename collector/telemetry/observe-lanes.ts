import type { HandlerRow } from "../admin/api/hub-routes.ts";
import type { HandlerStatus } from "../dispatch/handlers.ts";
import type { SampledWay } from "../rules/sampling/sampling.ts";
import type { HubMetrics, ObservedMetric } from "./metrics.ts";

/** Handlers as the API shows them. */
export async function toHandlerRows(
  status: readonly HandlerStatus[],
  metrics: HubMetrics,
  sampled: readonly SampledWay[],
): Promise<HandlerRow[]> {
  const overflow = await metrics.handlerOverflow.get();
  const overflowOf = (handler: string) =>
    overflow.values.filter(({ labels }) => labels.handler === handler).reduce((sum, { value }) => sum + value, 0);
  return status.map(({ name, source, ledger, filtered, state }) => ({
    name,
    adapter: source.adapter.type,
    state: "open",
    instances: source.instances.map((instance) => instance.name),
    records: filtered + ledger.records,
    filtered,
    sampling: toSampling(sampled.filter(({ handler }) => handler === name)),
    received: ledger.received,
    recovered: ledger.recovered,
    delivered: ledger.delivered,
    dropped: Object.fromEntries([...ledger.dropped].sort(([a], [b]) => (a < b ? -1 : 1))),
    deadLettered: ledger.deadLettered,
    pending: state.pending,
    queue: { ...state.queued, oldestMs: state.oldestMs },
    underWay: state.underWay,
    concurrency: state.concurrency,
    breaker: state.breaker,
    retries: ledger.retries,
    lastError: ledger.lastError,
    lastDeliveredMs: ledger.lastDeliveredMs,
    overflow: overflowOf(name),
  }));
}

function toSampling(ways: readonly SampledWay[]): HandlerRow["sampling"] {
  const leftOut: Record<string, number> = {};
  for (const [reason, count] of ways.flatMap(({ counts }) => [...counts.leftOut]))
    leftOut[reason] = (leftOut[reason] ?? 0) + count;
  return { waiting: ways.reduce((sum, { store }) => sum + (store?.spans ?? 0), 0), leftOut };
}

/** Shows the ledgers and queues of all handlers among the hub's metrics. */
export function observeLanes(metrics: HubMetrics, status: () => readonly HandlerStatus[], now: () => number): void {
  const each =
    (value: (handler: HandlerStatus) => number): ObservedMetric<"handler">["read"] =>
    () =>
      status().map((handler) => ({ labels: { handler: handler.name }, value: value(handler) }));
  const counter = (name: ObservedMetric<"handler">["name"], help: string, value: (handler: HandlerStatus) => number) =>
    metrics.observe({ name, help, kind: "counter", labelNames: ["handler"], read: each(value) });
  const gauge = (name: ObservedMetric<"handler">["name"], help: string, value: (handler: HandlerStatus) => number) =>
    metrics.observe({ name, help, kind: "gauge", labelNames: ["handler"], read: each(value) });

  counter(
    "mixdown_handler_records_total",
    "Records of which a handler was sent something.",
    ({ ledger }) => ledger.records,
  );
  counter("mixdown_handler_filtered_total", "Records of which a handler was sent nothing.", ({ filtered }) => filtered);
  counter("mixdown_handler_received_total", "Instances sent to a handler by rules.", ({ ledger }) => ledger.received);
  counter(
    "mixdown_handler_recovered_total",
    "Instances that waited on disk when the hub started, or were replayed.",
    ({ ledger }) => ledger.recovered,
  );
  counter("mixdown_handler_delivered_total", "Instances delivered.", ({ ledger }) => ledger.delivered);
  counter(
    "mixdown_handler_dead_lettered_total",
    "Instances set aside since the backend will never take them.",
    ({ ledger }) => ledger.deadLettered,
  );
  counter("mixdown_handler_retries_total", "Batches that had to be sent again.", ({ ledger }) => ledger.retries);
  metrics.observe({
    name: "mixdown_handler_lost_total",
    help: "Instances dropped, by reason.",
    kind: "counter",
    labelNames: ["handler", "reason"],
    read: () =>
      status().flatMap(({ name, ledger }) =>
        [...ledger.dropped].map(([reason, value]) => ({ labels: { handler: name, reason }, value })),
      ),
  });
  gauge("mixdown_handler_pending", "Instances that wait or are on their way.", ({ state }) => state.pending);
  gauge("mixdown_handler_queue_items", "Items that wait to be sent.", ({ state }) => state.queued.items);
  gauge("mixdown_handler_queue_bytes", "Bytes of items that wait in memory.", ({ state }) => state.queued.bytes);
  gauge("mixdown_handler_batches", "Batches on their way to the backend.", ({ state }) => state.underWay);
  gauge("mixdown_handler_oldest_age_seconds", "Age of the oldest pending instance; 0 if there is none.", ({ state }) =>
    state.oldestMs === undefined ? 0 : Math.max(0, now() - state.oldestMs) / 1000,
  );
  gauge(
    "mixdown_handler_breaker_open",
    "Whether batches are kept away from the backend: 1, or 0.5 while one tries.",
    ({ state }) => (state.breaker === "open" ? 1 : state.breaker === "half_open" ? 0.5 : 0),
  );
}

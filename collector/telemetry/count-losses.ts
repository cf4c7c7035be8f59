import type { Counter } from "prom-client";
import type { HandlerRow } from "../admin/api/hub-routes.ts";
import type { ReadHandler } from "../config/checked.ts";
import type { HubMetrics } from "./metrics.ts";

/** Handlers with what they lost so far, as the hub's metrics count it. */
export async function countLosses(handlers: Iterable<ReadHandler>, metrics: HubMetrics): Promise<HandlerRow[]> {
  const [failed, dropped, overflow] = await Promise.all([
    sumBy(metrics.handlerErrors),
    sumBy(metrics.handlerDropped, "reason"),
    sumBy(metrics.handlerOverflow),
  ]);
  return [...handlers].map(({ name, adapter, instances }) => ({
    name,
    adapter: adapter.type,
    state: "open",
    instances: instances.map((instance) => instance.name),
    failed: failed.get(name)?.get("") ?? 0,
    dropped: Object.fromEntries([...(dropped.get(name) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))),
    overflow: overflow.get(name)?.get("") ?? 0,
  }));
}

/** Sums of a counter by handler and, if given, by one more label. */
async function sumBy<Label extends string>(counter: Counter<"handler" | Label>, label?: Label) {
  const sums = new Map<string, Map<string, number>>();
  for (const { labels, value } of (await counter.get()).values) {
    const handler = String(labels.handler);
    const key = label === undefined ? "" : String(labels[label]);
    const found = sums.get(handler) ?? new Map<string, number>();
    sums.set(handler, found.set(key, (found.get(key) ?? 0) + value));
  }
  return sums;
}

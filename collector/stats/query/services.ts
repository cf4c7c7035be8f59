import type { GraphPartial } from "./graph-partial.ts";
import type { GraphSums } from "./graph-scan.ts";
import { type HealthSettings, healthOf } from "./health.ts";
import { compareText, toMeasures } from "./measures.ts";
import type { NodeName } from "./naming.ts";
import type { Measures, ReporterChoice, ServiceAnswer, ServicesAnswer, ServicesQuery, SortKey } from "./query.ts";
import { toInterval } from "./range.ts";
import { isCounted } from "./reporter.ts";
import { Total, totalOf } from "./total.ts";

/** The grouping that services are read in. */
export const serviceGrouping = { level: "service", withSource: false, withExamples: false } as const;

/** Makes the answer of one store's part, or of several added up. */
export function finishServices(
  { range, sums, recent }: GraphPartial,
  query: ServicesQuery,
  settings: HealthSettings,
): ServicesAnswer {
  const names = new Map(sums.cells.map(({ key }) => [key.destination.id, key.destination]));
  const totals = totalsByDestination(sums, query.reporter);
  const judged = recent === undefined ? totals : totalsByDestination(recent, query.reporter);
  const toService = ([id, { name, namespace }]: [string, NodeName]): ServiceAnswer => {
    const total = totals.get(id) ?? new Total();
    const health = healthOf(judged.get(id) ?? total, { name, namespace, direction: "inbound" }, settings);
    return { name, namespace, ...toMeasures(total, range.to - range.from, query.reporter, health) };
  };
  const services = [...names]
    .filter(([id]) => query.idle || totals.get(id)?.hasTraffic === true)
    .map(toService)
    .sort(byKey(query.sort, ({ namespace, name }) => `${namespace ?? ""}/${name}`));
  const hidden = services.slice(query.limit);
  return {
    interval: toInterval(range, range.resolution),
    services: services.slice(0, query.limit),
    truncated: hidden.length > 0,
    hidden: { services: hidden.length, requests: sumRequests(hidden) },
  };
}

/** Compares by a sort key, biggest first; ties, and the key `name`, by name. */
export function byKey<T extends Measures>(sort: SortKey, nameOf: (item: T) => string): (a: T, b: T) => number {
  const value = (item: T): number => {
    if (sort === "name") return 0;
    if (sort === "bytes") return item.bytesIn + item.bytesOut;
    if (sort === "requests" || sort === "errors" || sort === "errorRatio") return item[sort] ?? -1;
    return item.durationMs[sort] ?? -1;
  };
  return (a, b) => value(b) - value(a) || compareText(nameOf(a), nameOf(b));
}

/** Requests of a list. */
export const sumRequests = (items: readonly Measures[]): number => items.reduce((sum, item) => sum + item.requests, 0);

function totalsByDestination({ cells, inbound }: GraphSums, choice: ReporterChoice): Map<string, Total> {
  const totals = new Map<string, Total>();
  for (const cell of cells) totalOf(totals, cell.key.destination.id).add(cell, isCounted(cell.key, choice, inbound));
  return totals;
}

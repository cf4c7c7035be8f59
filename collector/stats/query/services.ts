import type { GraphPartial } from "./graph-partial.ts";
import type { GraphSums } from "./graph-scan.ts";
import { type HealthSettings, healthOf } from "./health.ts";
import { compareText, toDuration, toMeasures } from "./measures.ts";
import type { NodeName } from "./naming.ts";
import type { ReporterChoice, ServiceAnswer, ServicesAnswer, ServicesQuery, SortKey } from "./query.ts";
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
  const toService = ({ node: { id, name, namespace }, total }: Listed): ServiceAnswer => {
    const health = healthOf(judged.get(id) ?? total, { name, namespace, direction: "inbound" }, settings);
    return { name, namespace, ...toMeasures(total, range.to - range.from, query.reporter, health) };
  };
  const listed = [...names]
    .map(([id, node]) => ({ node, total: totals.get(id) ?? new Total() }))
    .filter(({ total }) => total.hasTraffic || (query.idle && total.wasSeenBefore(range.to)))
    .sort(byKey(query.sort, ({ node }: Listed) => `${node.namespace ?? ""}/${node.name}`));
  const hidden = listed.slice(query.limit);
  return {
    interval: toInterval(range, range.resolution),
    services: listed.slice(0, query.limit).map(toService),
    truncated: hidden.length > 0,
    hidden: { services: hidden.length, requests: sumRequests(hidden) },
  };
}

interface Listed {
  readonly node: NodeName;
  readonly total: Total;
}

/** Compares totals by a sort key, biggest first; ties, and the key `name`, by name. */
export function byKey<T extends { readonly total: Total }>(sort: SortKey, nameOf: (item: T) => string) {
  const value = sortValue(sort);
  const values = new Map<T, number>();
  const rankOf = (item: T): number => {
    const known = values.get(item) ?? value(item.total);
    values.set(item, known);
    return known;
  };
  return (a: T, b: T): number => rankOf(b) - rankOf(a) || compareText(nameOf(a), nameOf(b));
}

function sortValue(sort: SortKey): (total: Total) => number {
  switch (sort) {
    case "name":
      return () => 0;
    case "requests":
    case "errors":
      return (total) => total[sort];
    case "errorRatio":
      return ({ requests, errors }) => (requests > 0 ? errors / requests : -1);
    case "bytes":
      return ({ bytesIn, bytesOut }) => bytesIn + bytesOut;
    default:
      return (total) => toDuration(total.sketch(), sort) ?? -1;
  }
}

/** Requests of a list. */
export const sumRequests = (items: readonly { readonly total: Total }[]): number =>
  items.reduce((sum, { total }) => sum + total.requests, 0);

function totalsByDestination({ cells, coverage }: GraphSums, choice: ReporterChoice): Map<string, Total> {
  const totals = new Map<string, Total>();
  for (const cell of cells) totalOf(totals, cell.key.destination.id).add(cell, isCounted(cell.key, choice, coverage));
  return totals;
}

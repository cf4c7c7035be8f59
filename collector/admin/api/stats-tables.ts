import type {
  EdgesAnswer,
  Interval,
  Measures,
  SeriesAnswer,
  ServicesAnswer,
  TimeseriesAnswer,
  ValuesAnswer,
} from "../../stats/query/query.ts";
import { type Column, formatTable, toPlainText } from "./text-table.ts";

const left = (head: string): Column => ({ head, alignRight: false });
const right = (head: string): Column => ({ head, alignRight: true });

const measureColumns = [
  ...["requests", "req/s", "err%", "p50 ms", "p95 ms", "p99 ms", "bytes in", "bytes out", "opened"].map(right),
  left("state"),
];

const measureCells = ({ durationMs, connections, health, ...measures }: Measures): string[] => [
  String(measures.requests),
  fixed(measures.rate),
  measures.errorRatio === null ? "" : fixed(measures.errorRatio * 100),
  ...[durationMs.p50, durationMs.p95, durationMs.p99].map(fixed),
  String(measures.bytesIn),
  String(measures.bytesOut),
  String(connections.opened),
  health.reason === null ? health.status : `${health.status}: ${health.reason}`,
];

/** Services as a table. */
export function servicesTable({ interval, services, hidden, previous }: ServicesAnswer): string {
  const columns = [left("service"), left("namespace"), ...measureColumns];
  const rows = services.map((service) => [service.name, service.namespace ?? "", ...measureCells(service)]);
  const rest = hidden.services === 0 ? "" : `# ${hidden.services} more services with ${hidden.requests} requests\n`;
  return headOf(interval) + formatTable(columns, rows) + rest + (previous === undefined ? "" : servicesTable(previous));
}

/** Edges as a table; nodes are named by their ids. */
export function edgesTable({ interval, edges, hidden, previous }: EdgesAnswer): string {
  const columns = [left("source"), left("destination"), left("protocol"), ...measureColumns];
  const rows = edges.map((edge) => [edge.source, edge.destination, edge.protocol ?? "", ...measureCells(edge)]);
  const rest = hidden.edges === 0 ? "" : `# ${hidden.edges} more edges with ${hidden.requests} requests\n`;
  return headOf(interval) + formatTable(columns, rows) + rest + (previous === undefined ? "" : edgesTable(previous));
}

/** A time series as a table: a line for each step, a column for each series. */
export function timeseriesTable({ interval, times, series, previous }: TimeseriesAnswer): string {
  const table = (lines: readonly SeriesAnswer[]) =>
    formatTable(
      [left("time"), ...lines.map((line) => right(nameOf(line)))],
      times.map((time, step) => [
        new Date(time * 1000).toISOString().replace(".000Z", "Z"),
        ...lines.map(({ values }) => fixed(values[step] ?? null)),
      ]),
    );
  const earlier = previous === undefined ? "" : `# earlier, at the times of now\n${table(previous)}`;
  return headOf(interval) + table(series) + earlier;
}

/** Values of an attribute as a table. */
export function valuesTable({ interval, attribute, values, truncated }: ValuesAnswer): string {
  const rows = values.map(({ value, requests }) => [String(value), String(requests)]);
  const rest = truncated ? "# there are more\n" : "";
  return headOf(interval) + formatTable([left(attribute), right("requests")], rows) + rest;
}

const headOf = ({ from, to, resolution, completeUntil }: Interval): string =>
  `# ${from} to ${to}, buckets of ${resolution}, complete until ${completeUntil}\n`;

function nameOf({ measure, stat, labels, other }: SeriesAnswer): string {
  const values = Object.values(labels).map((value) => (value === null ? "-" : toPlainText(String(value))));
  return [measure, ...(stat === undefined ? [] : [stat]), ...(other ? ["other"] : values)].join(" ");
}

/** Three decimals at most, empty where there is nothing. */
function fixed(value: number | null): string {
  if (value === null) return "";
  return Number.isInteger(value) ? String(value) : value.toFixed(3);
}

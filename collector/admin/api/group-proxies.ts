import type { ProxyRow, ProxyTable } from "../../receivers/proxies.ts";
import type { ProxyStatisticsRow } from "../../receivers/proxy-statistics.ts";
import { type Column, formatTable } from "./text-table.ts";

/** A proxy with all its loggers. */
export interface ProxyAnswer {
  node: string;
  cluster: string;
  version: string | null;
  logNames: string[];
  streams: number;
  messages: number;
  entries: number;
  malformed: number;
  entriesPerSecond: number;
  firstSeen: string;
  lastSeen: string;
  clockSkewMs: number | null;
  logsWritten: number | null;
  logsDropped: number | null;
  missing: number | null;
}

/** What the table of proxies knows. */
export type SeenProxies = Pick<ProxyTable, "rows"> & { readonly statistics: Pick<ProxyTable["statistics"], "rows"> };

/** One row for each proxy, by node; its version and clock are those of the logger that was seen last. */
export function groupProxies(seen: SeenProxies): ProxyAnswer[] {
  const loggers = Map.groupBy(seen.rows(), ({ node }) => node);
  const statistics = new Map(seen.statistics.rows().map((row) => [row.node, row]));
  const nodes = new Set([...loggers.keys(), ...statistics.keys()]);
  return [...nodes].sort(compare).map((node) => toProxy(loggers.get(node) ?? [], statistics.get(node)));
}

/** At least one of both is there. */
function toProxy(rows: readonly ProxyRow[], statistics: ProxyStatisticsRow | undefined): ProxyAnswer {
  const seen = [...rows, ...(statistics === undefined ? [] : [statistics])];
  const newest = seen.reduce((a, b) => (b.lastSeenMs > a.lastSeenMs ? b : a));
  const sum = (count: (row: ProxyRow) => number) => rows.reduce((total, row) => total + count(row), 0);
  const [entries, malformed] = [sum((row) => row.entries), sum((row) => row.malformed)];
  return {
    node: newest.node,
    cluster: newest.cluster,
    version: newest.version ?? null,
    logNames: rows.map(({ logName }) => logName).sort(compare),
    streams: sum(({ streams }) => streams),
    messages: sum(({ messages }) => messages),
    entries,
    malformed,
    entriesPerSecond: Math.round(sum(({ entriesPerSecond }) => entriesPerSecond) * 1000) / 1000,
    firstSeen: toTime(Math.min(...seen.map(({ firstSeenMs }) => firstSeenMs))),
    lastSeen: toTime(newest.lastSeenMs),
    clockSkewMs: skewOf(rows),
    ...reconcile(entries + malformed, statistics),
  };
}

/** The clock of the logger that was seen last and told it. */
function skewOf(rows: readonly ProxyRow[]): number | null {
  const known = rows.filter(({ clockSkewMs }) => clockSkewMs !== undefined);
  return known.sort((a, b) => b.lastSeenMs - a.lastSeenMs)[0]?.clockSkewMs ?? null;
}

/** What arrived beside what the proxy says that it sent; a counter that is still 0 is never sent. */
function reconcile(arrived: number, statistics: ProxyStatisticsRow | undefined) {
  const { logsWritten = arrived === 0 && statistics !== undefined ? 0 : null, logsDropped = 0 } = statistics ?? {};
  if (logsWritten === null) return { logsWritten, logsDropped: null, missing: null };
  return { logsWritten, logsDropped, missing: logsWritten - arrived };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const toTime = (ms: number): string => new Date(ms).toISOString();

const columns: readonly Column[] = [
  ...["node", "version", "logs", "last seen"].map((head) => ({ head, alignRight: false })),
  ...["streams", "entries", "entries/s", "malformed", "skew ms", "missing"].map((head) => ({ head, alignRight: true })),
];

/** Proxies as a table. */
export function proxiesTable(proxies: readonly ProxyAnswer[]): string {
  const rows = proxies.map((proxy) => [
    ...[proxy.node, proxy.version ?? "", proxy.logNames.join(","), proxy.lastSeen],
    ...[proxy.streams, proxy.entries, proxy.entriesPerSecond, proxy.malformed].map(String),
    proxy.clockSkewMs === null ? "" : String(Math.round(proxy.clockSkewMs)),
    String(proxy.missing ?? ""),
  ]);
  return formatTable(columns, rows);
}

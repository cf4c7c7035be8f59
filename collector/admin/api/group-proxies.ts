import type { ProxyRow } from "../../receivers/proxies.ts";
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
}

/** One row for each proxy, by node; its version and clock are those of the logger that was seen last. */
export function groupProxies(rows: readonly ProxyRow[]): ProxyAnswer[] {
  const groups = Map.groupBy(rows, ({ node }) => node);
  return [...groups.values()].map(toProxy).sort((a, b) => compare(a.node, b.node));
}

function toProxy(rows: readonly ProxyRow[]): ProxyAnswer {
  const newest = rows.reduce((a, b) => (b.lastSeenMs > a.lastSeenMs ? b : a));
  const sum = (count: (row: ProxyRow) => number) => rows.reduce((total, row) => total + count(row), 0);
  return {
    node: newest.node,
    cluster: newest.cluster,
    version: newest.version ?? null,
    logNames: rows.map(({ logName }) => logName).sort(compare),
    streams: sum(({ streams }) => streams),
    messages: sum(({ messages }) => messages),
    entries: sum(({ entries }) => entries),
    malformed: sum(({ malformed }) => malformed),
    entriesPerSecond: Math.round(sum(({ entriesPerSecond }) => entriesPerSecond) * 1000) / 1000,
    firstSeen: toTime(Math.min(...rows.map(({ firstSeenMs }) => firstSeenMs))),
    lastSeen: toTime(newest.lastSeenMs),
    clockSkewMs: [newest, ...rows].find(({ clockSkewMs }) => clockSkewMs !== undefined)?.clockSkewMs ?? null,
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const toTime = (ms: number): string => new Date(ms).toISOString();

const columns: readonly Column[] = [
  ...["node", "version", "logs", "last seen"].map((head) => ({ head, alignRight: false })),
  ...["streams", "entries", "entries/s", "malformed", "skew ms"].map((head) => ({ head, alignRight: true })),
];

/** Proxies as a table. */
export function proxiesTable(proxies: readonly ProxyAnswer[]): string {
  const rows = proxies.map((proxy) => [
    ...[proxy.node, proxy.version ?? "", proxy.logNames.join(","), proxy.lastSeen],
    ...[proxy.streams, proxy.entries, proxy.entriesPerSecond, proxy.malformed].map(String),
    proxy.clockSkewMs === null ? "" : String(Math.round(proxy.clockSkewMs)),
  ]);
  return formatTable(columns, rows);
}

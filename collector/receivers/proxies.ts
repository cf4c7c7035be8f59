import type { Identifier } from "../../schemas/model/access-log.ts";
import type { Receipt } from "../../schemas/model/receipt.ts";
import { RecentTraffic } from "./recent-traffic.ts";
import { createStatisticsTable, type StatisticsTable } from "./statistics-table.ts";

/** One logger of one proxy, as it was seen. */
export interface ProxyRow {
  /** Empty for streams that named no node. */
  readonly node: string;
  readonly cluster: string;
  readonly logName: string;
  /** user_agent_version or build version of the node. */
  readonly version: string | undefined;
  /** Open streams. */
  readonly streams: number;
  readonly messages: number;
  /** Entries taken. */
  readonly entries: number;
  readonly malformed: number;
  /** Milliseconds since the epoch. */
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  /** Over the last minute. */
  readonly entriesPerSecond: number;
  /** How far its clock is behind ours, the wait before sending included; below 0 if it is ahead. See RecentTraffic. */
  readonly clockSkewMs: number | undefined;
}

/** What is counted as it happens. */
type Counts = Omit<ProxyRow, "entriesPerSecond" | "clockSkewMs">;
type LiveRow = { -readonly [K in keyof Counts]: Counts[K] } & { readonly recent: RecentTraffic };

/** A stream's hold on its proxy's row. */
export interface ProxyStream {
  /** A message arrived. */
  message(): void;
  /** Part of a message was taken. */
  taken(receipt: Receipt): void;
  /** The stream is over. */
  close(): void;
}

/** Which proxies report, and how much: bounded, the longest idle go first. */
export interface ProxyTable {
  /** A stream of this proxy and logger is open. */
  open(identifier: Identifier): ProxyStream;
  /** Every row known. */
  rows(): readonly ProxyRow[];
  /** What proxies that push their own statistics say of the entries that they sent. */
  readonly statistics: StatisticsTable;
  /** Streams that found the table full of proxies with open streams, and are in no row. */
  readonly overflow: number;
}

/** Makes an empty table of at most `maxRows`; `now` in milliseconds since the epoch. */
export function createProxyTable(now: () => number, maxRows = 4096): ProxyTable {
  const rows = new Map<string, LiveRow>();
  /** Keys of rows without streams, the longest idle first. */
  const idle = new Set<string>();
  let overflow = 0;
  const statistics = createStatisticsTable({ now, entriesOf, maxRows });

  return {
    statistics,
    open(identifier) {
      const key = JSON.stringify([identifier.node.id, identifier.logName]);
      const row = rows.get(key) ?? insert(key, identifier);
      if (row === undefined) overflow++;
      return row === undefined ? nobody : hold(key, row, identifier);
    },
    rows: () => [...rows.values()].map((row) => toRow(row, now())),
    get overflow() {
      return overflow;
    },
  };

  function insert(key: string, { node, logName }: Identifier): LiveRow | undefined {
    if (rows.size >= maxRows && !evict()) return undefined;
    const seen = { firstSeenMs: now(), lastSeenMs: now() };
    const counts = { streams: 0, messages: 0, entries: 0, malformed: 0 };
    const { id, cluster, userAgentVersion: version } = node;
    const row = { node: id, cluster, logName, version, ...counts, ...seen, recent: new RecentTraffic() };
    rows.set(key, row);
    return row;
  }

  function evict(): boolean {
    for (const key of idle) {
      idle.delete(key);
      statistics.forget(rows.get(key)?.node ?? "");
      return rows.delete(key);
    }
    return false;
  }

  function entriesOf(node: string): number {
    let sum = 0;
    for (const row of rows.values()) if (row.node === node) sum += row.entries + row.malformed;
    return sum;
  }

  function hold(key: string, row: LiveRow, { node }: Identifier): ProxyStream {
    row.cluster = node.cluster;
    row.version = node.userAgentVersion;
    row.lastSeenMs = now();
    row.streams++;
    idle.delete(key);
    return {
      message() {
        row.messages++;
        row.lastSeenMs = now();
      },
      taken({ accepted, malformed, lastEndedMs }) {
        row.entries += accepted;
        row.malformed += malformed;
        row.recent.add(now(), accepted, lastEndedMs);
      },
      close() {
        if (--row.streams === 0) idle.add(key);
      },
    };
  }
}

function toRow({ recent, ...counts }: LiveRow, nowMs: number): ProxyRow {
  const entriesPerSecond = recent.rate(nowMs, counts.firstSeenMs);
  return { ...counts, entriesPerSecond, clockSkewMs: recent.skewMs(nowMs) };
}

const nobody: ProxyStream = { message() {}, taken() {}, close() {} };

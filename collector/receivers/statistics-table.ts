import type { EnvoyNode } from "../../schemas/model/access-log.ts";
import { ProxyStatistics, type ProxyStatisticsRow, type Statistic, type StatisticsReader } from "./proxy-statistics.ts";

/** A stream's hold on its proxy's row. */
export interface StatisticsStream {
  /** A message arrived. */
  message(): void;
  /** One value of it. */
  sample(statistic: Statistic): void;
  /** It has no more. */
  end(): void;
  /** Whether the proxy's counters hold growth since its last flush, as far as is known by now. */
  sendsDeltas(): boolean;
  /** The stream is over. */
  close(): void;
}

/** Which proxies push their statistics, and what those say of their access logs: bounded, the longest idle go first. */
export interface StatisticsTable {
  /** A stream of this proxy is open. */
  open(node: EnvoyNode): StatisticsStream;
  rows(): readonly ProxyStatisticsRow[];
  /** Begins anew with a proxy, because the count of its entries does. */
  forget(node: string): void;
}

/** What the table works with. */
export interface StatisticsTableOptions {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Entries of a proxy that have arrived, readable or not. */
  entriesOf(node: string): number;
  readonly maxRows: number;
}

/** Makes an empty table; the hub starts now. */
export function createStatisticsTable({ now, entriesOf, maxRows }: StatisticsTableOptions): StatisticsTable {
  const startedMs = now();
  const proxies = new Map<string, ProxyStatistics>();
  const streams = new Map<string, number>();

  return {
    open(node) {
      const { id } = node;
      streams.set(id, (streams.get(id) ?? 0) + 1);
      let proxy: ProxyStatistics | undefined;
      let reader: StatisticsReader | undefined;
      return {
        message() {
          const current = proxies.get(id) ?? insert(node);
          if (current !== proxy) reader = current?.open(node);
          proxy = current;
        },
        sample: (statistic) => reader?.sample(statistic),
        end: () => reader?.end(now()),
        sendsDeltas: () => proxy?.sendsDeltas ?? false,
        close() {
          const left = (streams.get(id) ?? 1) - 1;
          if (left === 0) streams.delete(id);
          else streams.set(id, left);
        },
      };
    },
    rows: () => [...proxies.values()].map((proxy) => proxy.row()),
    forget: (node) => void proxies.delete(node),
  };

  function insert(node: EnvoyNode): ProxyStatistics | undefined {
    if (proxies.size >= maxRows && !evict()) return undefined;
    const proxy = new ProxyStatistics(node, startedMs, now(), () => entriesOf(node.id));
    proxies.set(node.id, proxy);
    return proxy;
  }

  /** Makes room by the one without streams that was seen the longest ago. */
  function evict(): boolean {
    const idle = [...proxies]
      .filter(([id]) => !streams.has(id))
      .map(([id, proxy]) => ({ id, seenMs: proxy.row().lastSeenMs }));
    if (idle.length === 0) return false;
    proxies.delete(idle.reduce((a, b) => (b.seenMs < a.seenMs ? b : a)).id);
    return true;
  }
}

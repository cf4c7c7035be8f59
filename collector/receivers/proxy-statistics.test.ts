import { describe, expect, it } from "vitest";
import type { Identifier } from "../../schemas/model/access-log.ts";
import { createProxyTable } from "./proxies.ts";
import type { Statistic } from "./proxy-statistics.ts";
import type { StatisticsStream } from "./statistics-table.ts";

const hubStart = 1_000_000;
const node = (id: string, userAgentVersion = "1.40.0") => {
  const about = { id, cluster: `${id}-cluster`, metadata: {}, locality: undefined, userAgentName: undefined };
  return { ...about, userAgentVersion };
};
const logger = (id: string): Identifier => ({ node: node(id), logName: "log" });

/** A hub that started a minute ago, and a proxy that pushes statistics to it. */
function start(maxRows?: number) {
  let now = hubStart;
  const table = createProxyTable(() => now, maxRows);
  now += 60_000;
  const send = (stream: StatisticsStream, values: Readonly<Record<string, number>>) => {
    stream.message();
    for (const statistic of statistics(values, now)) stream.sample(statistic);
    stream.end();
  };
  return {
    table,
    /** A message of the last flush. */
    send,
    /** Entries arrive. */
    arrive: (count: number) => table.open(logger("a")).taken({ accepted: count, malformed: 0 }),
    /** One flush in one message, 5 s after the last. */
    flush(stream: StatisticsStream, values: Readonly<Record<string, number>>) {
      now += 5000;
      send(stream, values);
    },
    row: () => table.statistics.rows().find((row) => row.node === "a"),
  };
}

const names: Readonly<Record<string, string>> = {
  written: "access_logs.grpc_access_log.logs_written",
  dropped: "access_logs.grpc_access_log.logs_dropped",
  uptime: "server.uptime",
};

function statistics(values: Readonly<Record<string, number>>, timestampMs: number): Statistic[] {
  return Object.entries(values).map(([name, value]) => ({
    name: names[name] ?? name,
    kind: name === "uptime" ? "gauge" : "counter",
    value,
    timestampMs,
  }));
}

describe("what a proxy says that it sent", () => {
  it("is its total, of a proxy that started after the hub", () => {
    const { table, flush, row } = start();
    const stream = table.statistics.open(node("a"));
    flush(stream, { uptime: 30, written: 100, dropped: 2 });
    flush(stream, { uptime: 35, written: 100, dropped: 2 });
    flush(stream, { uptime: 40, written: 140, dropped: 3 });
    expect(row()).toMatchObject({
      node: "a",
      cluster: "a-cluster",
      version: "1.40.0",
      logsWritten: 140,
      logsDropped: 3,
    });
  });

  it("is unknown until it logs, and all that it logs then", () => {
    const { table, flush, row } = start();
    const stream = table.statistics.open(node("a"));
    flush(stream, { uptime: 5000, other: 1 });
    expect(row()).toMatchObject({ logsWritten: undefined, logsDropped: undefined });
    flush(stream, { uptime: 5005, other: 1, written: 7 });
    expect(row()).toMatchObject({ logsWritten: 7, logsDropped: undefined });
  });

  it("leaves out what was before the hub: no more than arrived of it can be since", () => {
    const { table, arrive, flush, row } = start();
    arrive(30);
    const stream = table.statistics.open(node("a"));
    flush(stream, { uptime: 5000, written: 1_000_000, dropped: 50 });
    expect(row()).toMatchObject({ logsWritten: 30, logsDropped: 0 });
    flush(stream, { uptime: 5005, written: 1_000_025, dropped: 51 });
    expect(row()).toMatchObject({ logsWritten: 55, logsDropped: 1 });
  });

  it("is whole once uptime, which comes in a later message of the flush, tells that the proxy is younger", () => {
    const { table, send, row } = start();
    const stream = table.statistics.open(node("a"));
    send(stream, { written: 12 });
    expect(row()).toMatchObject({ logsWritten: 0 });
    send(stream, { uptime: 3 });
    expect(row()).toMatchObject({ logsWritten: 12 });
  });

  it("goes on over streams, and over a restart of the proxy", () => {
    const { table, flush, row } = start();
    const first = table.statistics.open(node("a"));
    flush(first, { uptime: 10, written: 100 });
    first.close();
    const second = table.statistics.open(node("a"));
    flush(second, { uptime: 15, written: 110 });
    second.close();
    const restarted = table.statistics.open(node("a", "1.41.0"));
    flush(restarted, { uptime: 1, written: 5 });
    flush(restarted, { uptime: 6, written: 8 });
    expect(row()).toMatchObject({ version: "1.41.0", logsWritten: 118 });
    const busy = table.statistics.open(node("a"));
    flush(busy, { uptime: 2, written: 50 });
    expect(row()).toMatchObject({ logsWritten: 168 });
  });

  it("is added up where it sends growth, which shows when a counter falls", () => {
    const { table, flush, row } = start();
    const stream = table.statistics.open(node("a"));
    flush(stream, { uptime: 10, other: 9, written: 5 });
    flush(stream, { uptime: 15, other: 9, written: 5 });
    expect(row()).toMatchObject({ logsWritten: 5 });
    flush(stream, { uptime: 20, other: 0, written: 6 });
    expect(row()).toMatchObject({ logsWritten: 16 });
    flush(stream, { uptime: 25, other: 0, written: 0 });
    expect(row()).toMatchObject({ logsWritten: 16 });
  });

  it("is taken from the newest stream only", () => {
    const { table, flush, row } = start();
    const old = table.statistics.open(node("a"));
    flush(old, { uptime: 10, written: 100 });
    const current = table.statistics.open(node("a"));
    flush(current, { uptime: 15, written: 110 });
    flush(old, { uptime: 20, written: 90 });
    flush(current, { uptime: 20, written: 120 });
    expect(row()).toMatchObject({ logsWritten: 120 });
  });

  it("begins anew when the count of the proxy's entries does", () => {
    const { table, flush, row } = start(1);
    const entries = table.open(logger("a"));
    entries.taken({ accepted: 80, malformed: 0 });
    const stream = table.statistics.open(node("a"));
    flush(stream, { uptime: 5000, written: 100 });
    expect(row()).toMatchObject({ logsWritten: 80 });
    entries.close();
    table.open(logger("b")).close();
    expect(row()).toBeUndefined();
    flush(stream, { uptime: 5005, written: 100 });
    expect(row()).toMatchObject({ logsWritten: 0 });
  });
});

describe("the table", () => {
  it("makes room by the proxy without streams that was seen the longest ago", () => {
    const { table, flush } = start(2);
    const open = table.statistics.open(node("open"));
    flush(open, { uptime: 1 });
    const idle = table.statistics.open(node("idle"));
    flush(idle, { uptime: 1 });
    const full = table.statistics.open(node("full"));
    flush(full, { uptime: 1 });
    const nodes = () => table.statistics.rows().map((row) => row.node);
    expect(nodes()).toEqual(["open", "idle"]);
    idle.close();
    flush(full, { uptime: 6 });
    expect(nodes()).toEqual(["open", "full"]);
    open.close();
    full.close();
    flush(table.statistics.open(node("next")), { uptime: 1 });
    expect(nodes()).toEqual(["full", "next"]);
  });
});

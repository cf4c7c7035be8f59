import { describe, expect, it } from "vitest";
import type { ProxyRow } from "../../receivers/proxies.ts";
import type { ProxyStatisticsRow } from "../../receivers/proxy-statistics.ts";
import { groupProxies, proxiesTable } from "./group-proxies.ts";

const row = (over: Partial<ProxyRow>): ProxyRow => ({
  node: "a",
  cluster: "shop",
  logName: "http",
  version: "1.38.0",
  streams: 1,
  messages: 2,
  entries: 30,
  malformed: 1,
  firstSeenMs: 1000,
  lastSeenMs: 2000,
  entriesPerSecond: 1.5,
  clockSkewMs: 12.4,
  ...over,
});

const pushed = (over: Partial<ProxyStatisticsRow>): ProxyStatisticsRow => ({
  node: "a",
  cluster: "shop",
  version: "1.40.0",
  firstSeenMs: 500,
  lastSeenMs: 4000,
  logsWritten: 31,
  logsDropped: 0,
  ...over,
});

/** Proxies with these loggers and these statistics. */
const group = (rows: readonly ProxyRow[], statistics: readonly ProxyStatisticsRow[] = []) =>
  groupProxies({ rows: () => rows, statistics: { rows: () => statistics } });

describe("proxies as the API tells them", () => {
  it("joins the loggers of a proxy, and is sorted by node", () => {
    const rows = [
      row({ node: "b" }),
      row({}),
      row({ logName: "tcp", version: "1.39.0", lastSeenMs: 3000, clockSkewMs: undefined }),
    ];
    expect(group(rows)).toEqual([
      {
        node: "a",
        cluster: "shop",
        version: "1.39.0",
        logNames: ["http", "tcp"],
        streams: 2,
        messages: 4,
        entries: 60,
        malformed: 2,
        entriesPerSecond: 3,
        firstSeen: "1970-01-01T00:00:01.000Z",
        lastSeen: "1970-01-01T00:00:03.000Z",
        clockSkewMs: 12.4,
        logsWritten: null,
        logsDropped: null,
        missing: null,
      },
      expect.objectContaining({ node: "b", logNames: ["http"], clockSkewMs: 12.4 }),
    ]);
    expect(group([row({ clockSkewMs: undefined, version: undefined })])).toMatchObject([
      { clockSkewMs: null, version: null },
    ]);
  });

  it.each([
    ["as many as were sent", { logsWritten: 31 }, { logsWritten: 31, logsDropped: 0, missing: 0 }],
    ["fewer", { logsWritten: 40, logsDropped: 2 }, { logsWritten: 40, logsDropped: 2, missing: 9 }],
    ["more than were known of at its last flush", { logsWritten: 30 }, { missing: -1 }],
    ["some, and its statistics do not count them", { logsWritten: undefined }, { logsWritten: null, missing: null }],
  ])("tells of a proxy whose entries arrived: %s", (_, statistics, expected) => {
    expect(group([row({})], [pushed(statistics)])).toMatchObject([{ entries: 30, malformed: 1, ...expected }]);
  });

  it("tells of a proxy that has sent statistics only", () => {
    const [lost, idle] = group([], [pushed({}), pushed({ node: "b", logsWritten: undefined, logsDropped: undefined })]);
    expect(lost).toMatchObject({ node: "a", cluster: "shop", version: "1.40.0", logNames: [], streams: 0, entries: 0 });
    expect(lost).toMatchObject({
      firstSeen: "1970-01-01T00:00:00.500Z",
      logsWritten: 31,
      missing: 31,
      clockSkewMs: null,
    });
    expect(idle).toMatchObject({ node: "b", logsWritten: 0, logsDropped: 0, missing: 0 });
  });

  it("has a table", () => {
    const [head, line] = proxiesTable(group([row({})], [pushed({ logsWritten: 36 })])).split("\n");
    expect(head?.split(/ {2,}/)).toEqual([
      ...["node", "version", "logs", "last seen", "streams", "entries", "entries/s", "malformed", "skew ms", "missing"],
    ]);
    expect(line?.trim().split(/ {2,}/)).toEqual([
      ...["a", "1.40.0", "http", "1970-01-01T00:00:04.000Z", "1", "30", "1.5", "1", "12", "5"],
    ]);
  });
});

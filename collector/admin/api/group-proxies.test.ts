import { describe, expect, it } from "vitest";
import type { ProxyRow } from "../../receivers/proxies.ts";
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

describe("proxies as the API tells them", () => {
  it("joins the loggers of a proxy, and is sorted by node", () => {
    const rows = [
      row({ node: "b" }),
      row({}),
      row({ logName: "tcp", version: "1.39.0", lastSeenMs: 3000, clockSkewMs: undefined }),
    ];
    expect(groupProxies(rows)).toEqual([
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
      },
      expect.objectContaining({ node: "b", logNames: ["http"], clockSkewMs: 12.4 }),
    ]);
    expect(groupProxies([row({ clockSkewMs: undefined, version: undefined })])).toMatchObject([
      { clockSkewMs: null, version: null },
    ]);
  });

  it("has a table", () => {
    const [head, line] = proxiesTable(groupProxies([row({})])).split("\n");
    expect(head?.split(/ {2,}/)).toEqual([
      ...["node", "version", "logs", "last seen", "streams", "entries", "entries/s", "malformed", "skew ms"],
    ]);
    expect(line?.trim().split(/ {2,}/)).toEqual([
      ...["a", "1.38.0", "http", "1970-01-01T00:00:02.000Z", "1", "30", "1.5", "1", "12"],
    ]);
  });
});

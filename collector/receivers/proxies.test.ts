import { describe, expect, it } from "vitest";
import type { Identifier } from "../../schemas/model/access-log.ts";
import { createProxyTable } from "./proxies.ts";

function named(id: string, logName = "log", userAgentVersion?: string): Identifier {
  const node = { id, cluster: `${id}-cluster`, metadata: {}, locality: undefined, userAgentName: undefined };
  return { node: { ...node, userAgentVersion }, logName };
}

describe("the table of proxies", () => {
  it("keeps one row for each node and log name, over streams that come and go", () => {
    let now = 1;
    const table = createProxyTable(() => now);
    const first = table.open(named("a", "log", "1.39.0"));
    const second = table.open(named("a", "log", "1.40.0"));
    table.open(named("a", "other"));
    first.message();
    first.taken({ accepted: 3, malformed: 1 });
    now = 5;
    second.message();
    first.close();
    expect(table.rows()).toEqual([
      {
        node: "a",
        cluster: "a-cluster",
        logName: "log",
        version: "1.40.0",
        streams: 1,
        messages: 2,
        entries: 3,
        malformed: 1,
        firstSeenMs: 1,
        lastSeenMs: 5,
        entriesPerSecond: 3,
        clockSkewMs: undefined,
      },
      expect.objectContaining({ logName: "other", streams: 1 }),
    ]);
  });

  it("forgets the row that has been idle longest when it is full", () => {
    const table = createProxyTable(() => 0, 2);
    const a = table.open(named("a"));
    const b = table.open(named("b"));
    b.close();
    a.close();
    table.open(named("b")).close(); // b is seen again, so a is the longest idle
    table.open(named("c"));
    expect(table.rows().map(({ node }) => node)).toEqual(["b", "c"]);
  });

  it("never forgets a proxy with an open stream, and counts what found no room", () => {
    const table = createProxyTable(() => 0, 1);
    const a = table.open(named("a"));
    const b = table.open(named("b"));
    b.message();
    b.taken({ accepted: 1, malformed: 0 });
    b.close();
    expect(table.rows()).toMatchObject([{ node: "a", streams: 1, messages: 0 }]);
    expect(table.overflow).toBe(1);
    a.close();
    table.open(named("b"));
    expect(table.rows()).toMatchObject([{ node: "b" }]);
  });

  it("tells how fast entries come, and how far the proxy's clock is off", () => {
    let now = 1_000_000;
    const table = createProxyTable(() => now);
    const stream = table.open(named("a"));
    stream.taken({ accepted: 100, malformed: 0, lastEndedMs: now - 250 });
    now += 10_000;
    stream.taken({ accepted: 100, malformed: 0, lastEndedMs: now - 700 });
    expect(table.rows()).toMatchObject([{ entriesPerSecond: 20, clockSkewMs: 250 }]);
  });

  it("tells names apart that only look the same when joined", () => {
    const table = createProxyTable(() => 0);
    table.open(named('a","b', "c"));
    table.open(named("a", 'b","c'));
    expect(table.rows()).toHaveLength(2);
  });
});

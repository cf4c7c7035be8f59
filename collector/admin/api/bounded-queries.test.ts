import { describe, expect, it } from "vitest";
import type { Answer, ServicesAnswer, ServicesQuery } from "../../stats/query/query.ts";
import { boundQueries } from "./bounded-queries.ts";
import type { StatsQueries } from "./stats-routes.ts";

const busy: Answer<never> = { ok: false, kind: "busy", problems: [] };

/** Statistics that answer when the test says so. */
function slow() {
  const waiting: ((answer: Answer<ServicesAnswer>) => void)[] = [];
  const stats: StatsQueries = {
    services: () => new Promise((resolve) => waiting.push(resolve)),
    edges: async () => busy,
    timeseries: async () => busy,
    values: async () => busy,
  };
  return { waiting, stats };
}

const query = (limit: number): ServicesQuery => {
  return { from: 0, to: 1, reporter: "auto", limit, sort: "name", idle: true };
};

describe("queries within bounds", () => {
  it("asks once for the same query under way, and again when it is over", async () => {
    const { waiting, stats } = slow();
    const bounded = boundQueries(stats, { maxRunning: 1, timeoutMs: 60_000 });
    const first = bounded.services(query(1));
    const second = bounded.services(query(1));
    expect(waiting).toHaveLength(1);
    waiting[0]?.(busy);
    expect(await Promise.all([first, second])).toEqual([busy, busy]);
    bounded.services(query(1)).catch(() => {});
    expect(waiting).toHaveLength(2);
  });

  it("refuses what is too much at once, without asking", async () => {
    const { waiting, stats } = slow();
    const bounded = boundQueries(stats, { maxRunning: 2, timeoutMs: 60_000 });
    const running = [bounded.services(query(1)), bounded.services(query(2))];
    await expect(bounded.services(query(3))).rejects.toMatchObject({ code: "BUSY", statusCode: 503 });
    expect(waiting).toHaveLength(2);
    for (const answer of waiting) answer(busy);
    await Promise.all(running);
    await expect(bounded.edges({ ...query(1), level: "service", depth: 1 })).resolves.toBe(busy);
  });

  it("does not wait for ever", async () => {
    const bounded = boundQueries(slow().stats, { maxRunning: 1, timeoutMs: 1 });
    await expect(bounded.services(query(1))).rejects.toMatchObject({ code: "QUERY_TIMEOUT", statusCode: 503 });
  });
});

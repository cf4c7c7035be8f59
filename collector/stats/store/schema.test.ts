import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import Sqlite from "better-sqlite3";
import { afterEach, expect, it } from "vitest";
import { aRequest } from "../../../test/support/stats-record.ts";
import { StatsBench } from "../../../test/support/stats-store.ts";

const start = Date.parse("2026-03-01T12:00:00Z");
const minute = 60_000;
/** Written by the hub at schema version 1: a request a minute from `start` on, every third answered with 503, half of all GET, half POST. */
const versionOne = new URL("./fixtures/stats-1.db.gz", import.meta.url);
let bench: StatsBench;

afterEach(() => bench.remove());

const requestsBy = (...by: string[]) => {
  const range = { from: start - 60 * minute, to: bench.nowMs, reporter: "auto", limit: 100 } as const;
  const { series } = bench.ask("timeseries", { ...range, measures: ["requests"], stats: [], by });
  return series.map(({ labels, values }) => [
    ...by.map((name) => labels[name]),
    values.reduce<number>((sum, value) => sum + (value ?? 0), 0),
  ]);
};

it("takes over what version 1 stored, of which no decisions are known", () => {
  bench = new StatsBench(start + 30 * minute);
  bench.store.close();
  writeFileSync(bench.file, gunzipSync(readFileSync(versionOne)));
  bench.open();
  expect(requestsBy("response.code", "request.method")).toEqual([
    [200, "GET", 10],
    [200, "POST", 10],
    [503, "GET", 5],
    [503, "POST", 5],
  ]);
  expect(requestsBy("check.rule", "check.verdict")).toEqual([[null, null, 30]]);

  const denied = { "check.rule": "no-posts", "check.verdict": "deny" };
  for (let more = 0; more < 7; more++) bench.aggregator.record(aRequest(bench.nowMs, denied));
  bench.restart();
  expect(requestsBy("check.rule", "check.verdict")).toEqual([
    [null, null, 30],
    ["no-posts", "deny", 7],
  ]);
  const migrated = new Sqlite(bench.file, { readonly: true });
  expect(migrated.pragma("user_version", { simple: true })).toBe(2);
  migrated.close();
});

import { afterEach, expect, it } from "vitest";
import { aRequest, type RecordValues } from "../../test/support/stats-record.ts";
import { StatsBench } from "../../test/support/stats-store.ts";
import type { AggregatorOptions } from "./aggregator.ts";
import type { TimeseriesQuery } from "./query/query.ts";

const start = Date.parse("2026-03-01T12:00:00Z");
const hour = 3_600_000;
let bench: StatsBench;

afterEach(() => bench.remove());

const make = (aggregator: Partial<AggregatorOptions> = {}, maxSeries = 10_000) => {
  bench = new StatsBench(start, { maxSeries }, aggregator);
};
const record = (count: number, values: RecordValues) => {
  for (let each = 0; each < count; each++) bench.aggregator.record(aRequest(bench.nowMs, values));
};
const decided = (rule: string, verdict: string) => ({ "check.rule": rule, "check.verdict": verdict });

function sums(by: readonly string[], more: Partial<TimeseriesQuery> = {}) {
  const range = { from: start - hour, to: bench.nowMs, reporter: "auto", limit: 100 } as const;
  const { series } = bench.ask("timeseries", { ...range, measures: ["requests"], stats: [], by, ...more });
  const total = (values: readonly (number | null)[]) => values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
  return Object.fromEntries(series.map(({ labels, values }) => [by.map((name) => labels[name]).join(), total(values)]));
}

it("tell decided requests by rule and verdict, and those that nobody was asked about", () => {
  make();
  record(5, {});
  record(4, decided("", "allow"));
  record(3, decided("partners", "allow"));
  record(2, decided("no-admin", "deny"));
  record(1, decided("partners", "deny"));
  const by = ["check.rule", "check.verdict"];
  const all = { ",": 5, ",allow": 4, "partners,allow": 3, "no-admin,deny": 2, "partners,deny": 1 };
  expect(sums(by)).toEqual(all);
  bench.restart();
  expect(sums(by)).toEqual(all);
  expect(sums(["check.rule"], { where: 'check.verdict == "deny"' })).toEqual({ "no-admin": 2, partners: 1 });
  expect(sums(["check.verdict"], { where: 'check.rule == ""' })).toEqual({ allow: 4 });
  const range = { from: start - hour, to: bench.nowMs, reporter: "auto", limit: 10 } as const;
  const values = bench.ask("values", { ...range, attribute: "check.rule" }).values;
  expect(values).toEqual([
    { value: "", requests: 4 },
    { value: "partners", requests: 4 },
    { value: "no-admin", requests: 2 },
  ]);
  const { services } = bench.ask("services", {
    ...range,
    sort: "name",
    idle: false,
    where: 'check.verdict == "deny"',
  });
  expect(services).toMatchObject([{ name: "reviews", requests: 3 }]);
});

it("keep the split when minutes become hours", () => {
  make();
  for (let time = 0; time < 3 * hour; time += 60_000) {
    bench.nowMs = start + time;
    record(1, decided("a", "allow"));
    record(2, decided("b", "deny"));
    bench.tick();
  }
  bench.nowMs = start + 40 * hour;
  bench.flush();
  bench.maintain();
  expect(sums(["check.rule", "check.verdict"])).toEqual({ "a,allow": 180, "b,deny": 360 });
  expect(sums(["destination.service.name"])).toEqual({ reviews: 540 });
});

it("take what is no verdict for none", () => {
  make();
  record(1, decided("theirs", "maybe"));
  expect(sums(["check.rule", "check.verdict"])).toEqual({ "theirs,": 1 });
});

it("sum rules beyond the budget as {other}, and verdicts stay exact", () => {
  make({ budget: { maxSeries: 10, maxPeers: 1000, maxTexts: 3000 } });
  for (let rule = 0; rule < 50; rule++) {
    record(1, decided(`rule ${rule}`, "deny"));
    record(2, decided(`rule ${rule}`, "allow"));
  }
  record(7, {});
  expect(sums(["check.verdict"])).toEqual({ deny: 50, allow: 100, "": 7 });
  // Nine series have a row of their own, beside the overflow row: deny and allow of four rules, and a deny.
  const ownRows = 4 * 3 + 1;
  expect(sums(["check.rule"])["{other}"]).toBe(150 - ownRows);
  expect(bench.aggregator.counters().overflowed).toBe(150 - ownRows + 7);
});

it("sum rules beyond the budget of the store as {other}, too", () => {
  make({}, 20);
  for (let rule = 0; rule < 50; rule++) {
    record(1, decided(`rule ${rule}`, rule % 2 === 0 ? "deny" : "allow"));
  }
  bench.restart();
  expect(sums(["check.verdict"])).toEqual({ deny: 25, allow: 25 });
  const ownRows = 20 - 1;
  expect(sums(["check.rule"])["{other}"]).toBe(50 - ownRows);
});

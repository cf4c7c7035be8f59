import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { finish } from "../../collector/stats/query/engine.ts";
import { defaultHealth } from "../../collector/stats/query/health.ts";
import type { EdgesQuery, Measures, StatsQuery, TimeseriesQuery } from "../../collector/stats/query/query.ts";
import { Sketch } from "../../collector/stats/sketch.ts";
import {
  countedRecords,
  type ModelRecord,
  type ModelSums,
  modelQuantile,
  modelService,
  sumBy,
} from "../support/stats-model.ts";
import { aRecord, atTime, type RecordValues } from "../support/stats-record.ts";
import { StatsBench } from "../support/stats-store.ts";

const now = Date.parse("2026-03-01T12:34:56.500Z");
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const names = fc.constantFrom("reviews", "ratings", "details");

const common = {
  "context.reporter.kind": optional(fc.constantFrom("inbound", "outbound")),
  "source.canonical.name": optional(names),
  "source.workload.name": optional(names),
  "destination.service.name": optional(names),
  "destination.canonical.name": optional(names),
  "context.proxy_error_code": optional(fc.constantFrom("UF", "DC", "UF,URX", "UH", "RL", "URX", "NR")),
  "upstream.address": optional(fc.constant("10.0.0.1")),
} as const;

const http = fc.record({
  ...common,
  "context.protocol": optional(fc.constantFrom("http", "grpc")),
  "response.code": optional(fc.constantFrom(200, 204, 404, 500, 503)),
  "response.grpc_status": optional(fc.constantFrom("0", "5", "14", "2")),
  "response.duration": optional(fc.integer({ min: 0, max: 5_000_000_000 })),
  "request.size": optional(fc.integer({ min: 0, max: 1_000_000 })),
  "response.size": optional(fc.integer({ min: 0, max: 1_000_000 })),
});

const tcp = fc.record({
  ...common,
  "context.protocol": fc.constant("tcp"),
  "connection.event": fc.constantFrom("open", "continue", "close"),
  "connection.opened": optional(fc.boolean()),
  "connection.received.bytes": optional(fc.integer({ min: 0, max: 1_000_000 })),
  "connection.sent.bytes": optional(fc.integer({ min: 0, max: 1_000_000 })),
});

/** Ages up to three days: every level of the store comes in. */
const ages = fc.oneof(
  fc.integer({ min: 0, max: 120_000 }),
  fc.integer({ min: 0, max: 7_200_000 }),
  fc.integer({ min: 0, max: 3 * 86_400_000 }),
);

const records: fc.Arbitrary<ModelRecord> = fc
  .record({ values: fc.oneof({ weight: 4, arbitrary: http }, tcp), ageMs: ages, weight: fc.constantFrom(1, 1, 1, 4) })
  .map(({ values, ageMs, weight }) => ({ values: values as RecordValues, endMs: now - ageMs, weight }));

/** When the hub gets to see a record, and what it does in between. */
const script = fc.array(
  fc.record({
    record: records,
    lateMs: fc.constantFrom(0, 0, 1500, 20_000, 600_000),
    act: fc.integer({ min: 0, max: 9 }),
  }),
  { maxLength: 120 },
);

function play(bench: StatsBench, steps: readonly { record: ModelRecord; lateMs: number; act: number }[]): void {
  const arrivals = steps
    .map((step) => ({ ...step, arrivalMs: Math.min(now, step.record.endMs + step.lateMs) }))
    .sort((a, b) => a.arrivalMs - b.arrivalMs);
  for (const { record, arrivalMs, act } of arrivals) {
    bench.nowMs = Math.max(bench.nowMs, arrivalMs);
    const weight = record.weight === 1 ? {} : { "context.weight": record.weight };
    bench.aggregator.record(aRecord({ ...record.values, ...weight, "response.time": atTime(record.endMs) }));
    bench.tick();
    if (act >= 6) bench.flush();
    if (act >= 7) bench.maintain();
    if (act === 9) bench.restart();
  }
  bench.nowMs = now;
  bench.tick();
}

const edgesQuery = (fromMs: number, more: Partial<EdgesQuery> = {}): EdgesQuery => ({
  from: fromMs,
  to: now,
  reporter: "auto",
  level: "service",
  depth: 1,
  limit: 1000,
  sort: "name",
  idle: true,
  ...more,
});

function expectSums(measures: Measures | undefined, sums: ModelSums): void {
  expect(measures).toMatchObject({
    requests: sums.requests,
    errors: sums.errors,
    bytesIn: sums.bytesIn,
    bytesOut: sums.bytesOut,
    connections: { opened: sums.opened, closed: sums.closed },
  });
  if (sums.durations.length === 0) return;
  for (const [name, percent] of [
    ["p50", 50],
    ["p90", 90],
    ["p95", 95],
    ["p99", 99],
  ] as const) {
    const truth = modelQuantile(sums.durations, percent) / 1e6;
    expect(Math.abs((measures?.durationMs[name] ?? Number.NaN) - truth)).toBeLessThanOrEqual(truth * 0.01);
  }
  expect(measures?.durationMs.max).toBe(Math.max(...sums.durations) / 1e6);
}

/** Records that the answer covers, by its own words. */
const within = (all: readonly ModelRecord[], interval: { from: string; to: string }) =>
  all.filter(({ endMs }) => endMs >= Date.parse(interval.from));

describe("statistics", () => {
  it("give the sums and quantiles of the records, whatever came late, was rolled up or outlived a restart", () => {
    fc.assert(
      fc.property(script, fc.constantFrom("auto", "inbound", "outbound"), ages, (steps, reporter, rangeMs) => {
        const bench = new StatsBench(now - 4 * 86_400_000);
        try {
          play(bench, steps);
          const all = steps.map(({ record }) => record);
          const answer = bench.ask("services", { ...edgesQuery(now - rangeMs, { reporter }) });
          const expected = sumBy(countedRecords(within(all, answer.interval), reporter), modelService);
          for (const [name, sums] of expected) {
            expectSums(
              answer.services.find((service) => service.name === name),
              sums,
            );
          }
          const total = [...expected.values()].reduce((sum, { requests }) => sum + requests, 0);
          expect(answer.services.reduce((sum, { requests }) => sum + requests, 0)).toBe(total);
        } finally {
          bench.remove();
        }
      }),
      { numRuns: 60 },
    );
  });

  it("are the same from three stores added up as from one that holds everything", () => {
    const series: TimeseriesQuery = {
      ...edgesQuery(now - 7_200_000),
      measures: ["requests", "errorRatio", "duration", "connections"],
      stats: ["p50", "p99", "max"],
      by: ["destination.service.name", "response.code"],
      limit: 3,
      compare: -3_600_000,
    };
    const asked: StatsQuery[] = [
      { kind: "services", query: edgesQuery(now - 120_000, { compare: -60_000 }) },
      { kind: "edges", query: edgesQuery(now - 7_200_000) },
      { kind: "edges", query: edgesQuery(now - 86_400_000, { level: "workload", limit: 3, sort: "requests" }) },
      { kind: "timeseries", query: series },
      { kind: "values", query: { ...edgesQuery(now - 86_400_000), attribute: "context.proxy_error_code" } },
    ];
    fc.assert(
      fc.property(script, fc.infiniteStream(fc.integer({ min: 0, max: 2 })), (steps, places) => {
        const whole = new StatsBench(now - 4 * 86_400_000);
        const parts = [0, 1, 2].map(() => new StatsBench(now - 4 * 86_400_000));
        try {
          play(whole, steps);
          const shares = steps.map((step) => ({ step, place: places.next().value }));
          for (const [index, part] of parts.entries()) {
            play(
              part,
              shares.filter(({ place }) => place === index).map(({ step }) => step),
            );
          }
          for (const query of asked) {
            const merged = finish(
              parts.map((part) => part.part(query)),
              query,
              defaultHealth,
            );
            expect(merged).toEqual(finish([whole.part(query)], query, defaultHealth));
          }
        } finally {
          for (const bench of [whole, ...parts]) bench.remove();
        }
      }),
      { numRuns: 25 },
    );
  });

  it("keep every quantile within 1 %, whatever way sketches are merged", () => {
    const values = fc.array(fc.integer({ min: 0, max: 2 ** 53 - 1 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(
        values,
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 200, maxLength: 200 }),
        (all, places) => {
          const parts = [0, 1, 2, 3].map(() => new Sketch());
          for (const [index, value] of all.entries()) parts[places[index]!]!.add(value);
          const merged = new Sketch();
          for (const part of parts) merged.merge(part);
          expect(merged.count).toBe(all.length);
          for (const percent of [1, 50, 90, 95, 99, 100]) {
            const truth = modelQuantile(all, percent);
            expect(Math.abs(merged.quantile(percent)! - truth)).toBeLessThanOrEqual(truth * 0.01);
          }
        },
      ),
    );
  });
});

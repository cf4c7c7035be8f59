import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { MetricInstance, PointData, PointInstance } from "../../../schemas/model/instance.ts";
import type { Sums } from "../../adapter.ts";
import { type FakeHost, fakeHost } from "../../testing/fake-host.ts";
import { aMetric, aTuple, declareMetric } from "../../testing/metric-instance.ts";
import { seriesSettings } from "./config.ts";
import { createSums, type SumsOptions } from "./harvest.ts";
import { plainNaming } from "./naming.ts";

const config = z.strictObject(seriesSettings);
const instances = [
  declareMetric("requests", ["path.of"]),
  declareMetric("duration", ["path.of"], "DURATION"),
  declareMetric("load"),
];
const metrics = {
  duration: { kind: "histogram", unit: "milliseconds", buckets: [1, 10] as number[], help: "How long." },
  load: { kind: "gauge" },
} as const;
let host: FakeHost;
let sums: Sums;

function open(options: Partial<SumsOptions> = {}, params: z.input<typeof config> = {}): void {
  host = fakeHost(instances);
  const all: SumsOptions = { temporality: "delta", naming: plainNaming, intervalMs: 10_000, ...options };
  sums = createSums(host, config.parse({ metrics, ...params }), all);
}

function record(instance: string, path: string, parts: Partial<MetricInstance> = {}): void {
  sums.record(aMetric(instance, { labels: aTuple(instance === "load" ? {} : { "path.of": path }), ...parts }));
}

/** Harvests a while later, and gives of each point what is asked for. */
function harvest<K extends keyof PointInstance>(...keys: K[]): Pick<PointInstance, K>[] {
  host.nowMs += 10_000;
  return sums.harvest().map((point) => Object.fromEntries(keys.map((key) => [key, point[key]])) as never);
}

const counts = (value: number) => ({ data: { kind: "counter", value } });

describe("deltas", () => {
  beforeEach(() => open());

  it("say what came since the last harvest, by users' names", () => {
    const beganMs = host.nowMs;
    record("requests", "/a", { value: 2, weight: 3 });
    record("requests", "/a");
    host.nowMs += 10_000;
    expect(sums.harvest()).toEqual([
      {
        template: "point",
        instance: "requests",
        name: "requests",
        help: "Instance requests.",
        labels: { "path.of": "/a" },
        temporality: "delta",
        startMs: beganMs,
        timeMs: host.nowMs,
        data: { kind: "counter", value: 7 },
        records: 2,
      },
    ]);
  });

  it("leave out what did not change, and lose nothing on the way", () => {
    record("requests", "/a");
    record("requests", "/b");
    expect(harvest("data")).toEqual([counts(1), counts(1)]);
    record("requests", "/b", { value: 5 });
    expect(harvest("labels", "data")).toEqual([{ labels: { "path.of": "/b" }, ...counts(5) }]);
    expect(harvest("data")).toEqual([]);
    record("requests", "/a", { value: 0 });
    expect(harvest("data", "records")).toEqual([{ ...counts(0), records: 1 }]);
  });

  it("of histograms hold the buckets of the time, each alone", () => {
    for (const value of [5e5, 5e6, 5e9]) record("duration", "/a", { value, weight: 2 });
    const bounds = [1, 10];
    expect(harvest("data", "unit", "help")).toEqual([
      {
        data: { kind: "histogram", count: 6, sum: 10_011, bounds, buckets: [2, 2, 2] },
        unit: "milliseconds",
        help: "How long.",
      },
    ]);
    record("duration", "/a", { value: 2e6 });
    expect(harvest("data")).toEqual([{ data: { kind: "histogram", count: 1, sum: 2, bounds, buckets: [0, 1, 0] } }]);
  });

  it("of histograms hold the extremes of the time, where they are asked for", () => {
    open({ withExtremes: true });
    for (const value of [5e6, 3e6, 9e6]) record("duration", "/a", { value });
    expect(harvest("data")).toMatchObject([{ data: { min: 3, max: 9 } }]);
    record("duration", "/a", { value: 6e6 });
    expect(harvest("data")).toMatchObject([{ data: { min: 6, max: 6 } }]);
    for (let i = 0; i < 200; i++) record("duration", `/${i}`, { value: i * 1e6 });
    expect(harvest("data").at(-1)).toMatchObject({ data: { min: 199, max: 199 } });
  });

  it("of histograms are whole where that is asked for, and do not drift", () => {
    open({ wholeCounts: true });
    const told = Array.from({ length: 10 }, () => {
      record("duration", "/a", { value: 5e6, weight: 10 / 3 });
      record("duration", "/a", { value: 5e5, weight: 0.4 });
      return harvest("data")[0]!.data as Extract<PointData, { kind: "histogram" }>;
    });
    expect(told.slice(0, 3).map(({ buckets }) => buckets)).toEqual([
      [0, 3, 0],
      [1, 4, 0],
      [0, 3, 0],
    ]);
    expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(33 + 4);
  });

  it("of gauges are the latest value", () => {
    record("load", "", { value: 3 });
    record("load", "", { value: 4 });
    expect(harvest("data", "records")).toEqual([{ data: { kind: "gauge", value: 4 }, records: 2 }]);
    expect(harvest("data")).toEqual([]);
  });

  it("follow one another without gap or overlap, though the clock stands still or goes back", () => {
    const spans = [10_000, 0, -60_000, 10_000].map((ms) => {
      record("requests", "/a");
      host.nowMs += ms;
      return sums.harvest()[0]!;
    });
    for (const [i, { startMs, timeMs }] of spans.entries()) {
      expect(timeMs).toBeGreaterThan(startMs);
      if (i > 0) expect(startMs).toBe(spans[i - 1]!.timeMs);
    }
  });

  it("tell what is left of a series that expires between two harvests", () => {
    open({}, { expiry: "1s" });
    record("requests", "/a", { value: 9 });
    for (let i = 0; i < 3000; i++) {
      host.nowMs += 1;
      record("requests", "/b");
    }
    record("requests", "/a", { value: 4 });
    const all = sums.harvest().map(({ labels, data }) => [labels["path.of"], "value" in data && data.value]);
    expect(all.filter(([path]) => path === "/a")).toEqual([
      ["/a", 9],
      ["/a", 4],
    ]);
  });

  it("sum what does not fit in one point", () => {
    open({}, { maxSeries: 1 });
    for (const path of ["/a", "/b", "/c"]) record("requests", path);
    expect(harvest("labels", "data", "records")).toEqual([
      { labels: { otel_metric_overflow: "true" }, ...counts(2), records: 2 },
      { labels: { "path.of": "/a" }, ...counts(1), records: 1 },
    ]);
  });

  it("account for every record and every value, whatever comes between harvests", () => {
    const step = fc.oneof(
      fc.record({
        path: fc.constantFrom("/a", "/b", "/c", "/d"),
        value: fc.nat(1e6),
        weight: fc.integer({ min: 1, max: 9 }),
      }),
      fc.constant("harvest" as const),
      fc.nat(3000),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.constantFrom("1s", "0"), (steps, expiry) => {
        open({ withExtremes: true }, { expiry, maxSeries: 2, metrics: { duration: metrics.duration } });
        const points: PointInstance[] = [];
        for (const each of steps) {
          if (each === "harvest") points.push(...sums.harvest());
          else if (typeof each === "number") host.nowMs += each;
          else for (const name of ["requests", "duration"]) record(name, each.path, each);
        }
        points.push(...sums.harvest(true));
        const sent = steps.filter((each) => typeof each === "object");
        const total = (pick: (point: PointInstance) => number) => points.reduce((sum, point) => sum + pick(point), 0);
        expect(total(({ records }) => records)).toBe(2 * sent.length);
        expect(total(({ data }) => (data.kind === "counter" ? data.value : 0))).toBe(
          sent.reduce((sum, { value, weight }) => sum + value * weight, 0),
        );
        expect(total(({ data }) => (data.kind === "histogram" ? data.count : 0))).toBe(
          sent.reduce((sum, { weight }) => sum + weight, 0),
        );
      }),
    );
  });
});

describe("cumulative points", () => {
  beforeEach(() => open({ temporality: "cumulative", keepAliveMs: 60_000 }));

  it("hold all since the series began, of changed series only", () => {
    const beganMs = host.nowMs;
    record("requests", "/a", { value: 2 });
    harvest();
    record("requests", "/a", { value: 3 });
    record("requests", "/b");
    expect(harvest("startMs", "data", "records")).toEqual([
      { startMs: beganMs, ...counts(5), records: 1 },
      { startMs: beganMs + 10_000, ...counts(1), records: 1 },
    ]);
    expect(harvest("data")).toEqual([]);
  });

  it("are told again now and then, without records", () => {
    record("requests", "/a");
    harvest();
    const told = Array.from({ length: 12 }, () => harvest("data", "records"));
    expect(told.map(({ length }) => length)).toEqual([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
    expect(told[5]).toEqual([{ ...counts(1), records: 0 }]);
  });

  it("begin before they end, though the series is not a millisecond old", () => {
    record("requests", "/a");
    const [{ startMs, timeMs }] = sums.harvest() as [PointInstance];
    expect(timeMs).toBeGreaterThan(startMs);
  });

  it("can begin at zero and be ended", () => {
    open({ temporality: "cumulative", withZeros: true, withEnds: true, keepAliveMs: 60_000 }, { expiry: "15s" });
    const beganMs = host.nowMs;
    record("duration", "/a", { value: 5e6 });
    record("load", "");
    const zero = { kind: "histogram", count: 0, sum: 0, bounds: [1, 10], buckets: [0, 0, 0] };
    const one = { ...zero, count: 1, sum: 5, buckets: [0, 1, 0] };
    expect(harvest("timeMs", "data")).toEqual([
      { timeMs: beganMs + 5000, data: zero },
      { timeMs: beganMs + 10_000, data: one },
      { timeMs: beganMs + 10_000, data: { kind: "gauge", value: 1 } },
    ]);
    record("load", "");
    harvest();
    record("load", "");
    expect(harvest("instance", "ended", "data")[0]).toEqual({ instance: "duration", ended: true, data: one });
    const last = sums.harvest(true);
    expect(last.map(({ instance, ended }) => [instance, ended])).toEqual([["load", true]]);
  });

  it("of a series have rising times, through its end and new beginning too", () => {
    const step = fc.oneof(fc.constantFrom("/a", "/b"), fc.constant("harvest"), fc.integer({ min: -500, max: 2000 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const options = { withZeros: true, withEnds: true, keepAliveMs: 3000 };
        open({ temporality: "cumulative", ...options }, { expiry: "1s" });
        const points: PointInstance[] = [];
        for (const each of steps) {
          if (each === "harvest") points.push(...sums.harvest());
          else if (typeof each === "number") host.nowMs += each;
          else record("requests", each);
        }
        points.push(...sums.harvest(true));
        for (const path of ["/a", "/b"]) {
          const times = points.filter(({ labels }) => labels["path.of"] === path).map(({ timeMs }) => timeMs);
          expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
        }
      }),
    );
  });

  it("begin at zero when the series began, where that was in the second half of the time", () => {
    open({ temporality: "cumulative", withZeros: true });
    host.nowMs += 9000;
    record("requests", "/a");
    const beganMs = host.nowMs;
    host.nowMs += 1000;
    expect(sums.harvest().map(({ timeMs, startMs }) => [timeMs, startMs])).toEqual([
      [beganMs, beganMs],
      [beganMs + 1000, beganMs],
    ]);
  });

  it("of a series that goes on in another handler after a reload come after those of the former", () => {
    const options = { temporality: "cumulative", withZeros: true, withEnds: true } as const;
    open(options);
    record("requests", "/a");
    harvest();
    const former = sums;
    const all = { naming: plainNaming, intervalMs: 1000, ...options };
    sums = createSums(host, config.parse({ metrics }), all);
    record("requests", "/a");
    const ends = former.harvest(true).map(({ timeMs }) => timeMs);
    const begins = harvest("timeMs").map(({ timeMs }) => timeMs);
    expect(Math.min(...begins)).toBeGreaterThan(Math.max(...ends));
  });

  it("of a series that ends and begins anew within a millisecond begin after its end", () => {
    open({ temporality: "cumulative", withZeros: true, withEnds: true }, { expiry: "1s" });
    record("requests", "/a", { value: 5 });
    harvest();
    host.nowMs += 2000;
    // The store looks at the clock every 1024 records: the last one of these ends /a, where it is idle.
    for (let i = 0; i < 1023; i++) record("requests", "/b");
    record("requests", "/a");
    const endMs = host.nowMs;
    const all = harvest("labels", "timeMs", "data", "ended").filter(({ labels }) => labels["path.of"] === "/a");
    expect(all.map(({ timeMs, data, ended }) => [timeMs, "value" in data && data.value, ended])).toEqual([
      [endMs, 5, true],
      [endMs + 10_000, 1, undefined],
    ]);
  });

  it("carry the labels of the series that is in a slot now", () => {
    open({ temporality: "cumulative" }, { expiry: "1s" });
    record("requests", "/a");
    for (let i = 0; i < 3; i++) harvest();
    record("requests", "/b");
    expect(harvest("labels")).toEqual([{ labels: { "path.of": "/b" } }]);
  });

  it("carry the exemplars that came since the last point, once", () => {
    record("requests", "/a", { value: 2, traceId: "abc" });
    for (const [value, traceId] of [
      [5e5, "low"],
      [5e9, "high"],
    ] as const)
      record("duration", "/a", { value, traceId });
    const { nowMs: timeMs } = host;
    expect(harvest("exemplars")).toEqual([
      { exemplars: [{ traceId: "abc", value: 2, timeMs }] },
      {
        exemplars: [
          { traceId: "low", value: 0.5, timeMs },
          { traceId: "high", value: 5000, timeMs },
        ],
      },
    ]);
    record("requests", "/a");
    expect(harvest("exemplars")).toEqual([{ exemplars: undefined }]);
  });
});

describe("what cannot be summed up", () => {
  it("is counted when it is harvested", () => {
    open();
    record("requests", "/a", { value: -1 });
    sums.record(aMetric("nobody"));
    sums.harvest();
    expect(host.total("dropped", { metric: "requests", reason: "negative" })).toBe(1);
    expect(host.total("dropped", { metric: "nobody", reason: "unknown_instance" })).toBe(1);
  });
});

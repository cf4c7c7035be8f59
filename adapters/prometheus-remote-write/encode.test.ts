import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PointInstance } from "../../schemas/model/instance.ts";
import { aPoint } from "../testing/instances.ts";
import { type ReadSeries, readV1, readV2 } from "./decode.fixture.ts";
import { encodeV1 } from "./encode-v1.ts";
import { encodeV2 } from "./encode-v2.ts";
import { toTimeSeries } from "./time-series.ts";

const startMs = 1_700_000_000_000;
const timeMs = startMs + 15_000;
const cumulative = { temporality: "cumulative", startMs, timeMs } as const;
const point = (name: string, parts: Partial<PointInstance> = {}) => aPoint(name, { ...cumulative, ...parts });
const histogram = { kind: "histogram", count: 6, sum: 12.5, bounds: [1, 5], buckets: [1, 2, 3] } as const;

const v1 = (points: readonly PointInstance[], external = {}) => readV1(encodeV1(toTimeSeries(points, external)));
const v2 = (points: readonly PointInstance[], external = {}) => readV2(encodeV2(toTimeSeries(points, external)));
const named = (series: readonly ReadSeries[]) => series.map(({ labels, samples }) => [labels, samples[0]![0]]);

describe("series", () => {
  it("of a histogram are its buckets, added up, its sum and its count", () => {
    const labels = { code: "200", path: "/a" };
    expect(named(v1([point("took_seconds", { labels, data: histogram })], { job: "hub", Zone: "a" }).series)).toEqual([
      [{ ...labels, job: "hub", Zone: "a", __name__: "took_seconds_bucket", le: "1.0" }, 1],
      [{ ...labels, job: "hub", Zone: "a", __name__: "took_seconds_bucket", le: "5.0" }, 3],
      [{ ...labels, job: "hub", Zone: "a", __name__: "took_seconds_bucket", le: "+Inf" }, 6],
      [{ ...labels, job: "hub", Zone: "a", __name__: "took_seconds_sum" }, 12.5],
      [{ ...labels, job: "hub", Zone: "a", __name__: "took_seconds_count" }, 6],
    ]);
  });

  it("have no empty labels, and a metric's own before those of all", () => {
    const labels = { job: "", path: "/a", empty: "" };
    const points = [point("requests", { labels }), point("load", { data: { kind: "gauge", value: 3 } })];
    expect(named(v1(points, { job: "hub", none: "" }).series)).toEqual([
      [{ __name__: "requests_total", path: "/a" }, 1],
      [{ __name__: "load", job: "hub" }, 3],
    ]);
  });

  it("hold the samples of several points in their order", () => {
    const points = [1, 2, 3].flatMap((i) =>
      ["/a", "/b"].map((path) =>
        point("requests", { labels: { path }, timeMs: startMs + i, data: { kind: "counter", value: i } }),
      ),
    );
    const samples = [1, 2, 3].map((i) => [i, startMs + i]);
    expect(v1(points).series.map((series) => series.samples)).toEqual([samples, samples]);
    expect(v2(points).map((series) => series.samples)).toEqual(
      [samples, samples].map((all) => all.map((each) => [...each, startMs])),
    );
  });

  it("are not mixed up where a metric's bounds changed", () => {
    const other = { ...histogram, bounds: [1, 7] };
    expect(v1([point("a", { data: histogram }), point("a", { data: other })]).series).toHaveLength(10);
  });

  it("end with a staleness marker, each of them", () => {
    const ended = [point("a", { ended: true }), point("b", { data: histogram, ended: true })];
    for (const series of [v1(ended).series, v2(ended)]) {
      expect(series).toHaveLength(6);
      for (const { samples } of series) expect(samples[0]!.slice(0, 2)).toEqual(["stale", timeMs]);
    }
  });

  it("tell an ordinary NaN from the end", () => {
    const gauge = point("load", { data: { kind: "gauge", value: Number.NaN } });
    expect(v1([gauge]).series[0]!.samples).toEqual([[Number.NaN, timeMs]]);
  });

  it("carry exemplars in the bucket that counted their values", () => {
    const exemplars = [0.5, 1, 5, 9].map((value) => ({ traceId: `t${value}`, value, timeMs }));
    for (const series of [
      v1([point("b", { data: histogram, exemplars })]).series,
      v2([point("b", { data: histogram, exemplars })]),
    ]) {
      expect(series.map((each) => each.exemplars.map(({ labels }) => labels.trace_id))).toEqual([
        ["t0.5", "t1"],
        ["t5"],
        ["t9"],
        [],
        [],
      ]);
    }
    const [counter] = v1([point("a", { exemplars: [{ traceId: "abc", value: 2, timeMs }] })]).series;
    expect(counter!.exemplars).toEqual([{ labels: { trace_id: "abc" }, value: 2, timeMs }]);
  });
});

describe("metadata", () => {
  const points = [
    point("requests", { help: "All.", labels: { path: "/a" } }),
    point("requests", { help: "All.", labels: { path: "/b" } }),
    point("took_seconds", { help: "How long.", unit: "seconds", data: histogram }),
    point("load", { data: { kind: "gauge", value: 3 } }),
  ];

  it("is there once for each metric in version 1.0", () => {
    expect(v1(points).metadata).toEqual([
      ["requests_total", "COUNTER", "All.", ""],
      ["took_seconds", "HISTOGRAM", "How long.", "seconds"],
      ["load", "GAUGE", "", ""],
    ]);
  });

  it("is with each series in version 2.0", () => {
    const all = v2(points).map(({ metadata }) => metadata!.join("|"));
    expect(new Set(all)).toEqual(new Set(["COUNTER|All.|", "HISTOGRAM|How long.|seconds", "GAUGE||"]));
  });
});

it("both versions say the same, whatever labels hold, in order", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 20 });
  const name = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,10}$/);
  const labels = fc.dictionary(
    name.filter((each) => !each.startsWith("__") && each !== "le"),
    text,
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(labels, { maxLength: 5 }), labels, (all, external) => {
      const points = all.map((each) => point("b", { labels: each, data: histogram }));
      const of = (series: readonly ReadSeries[]) =>
        series.map((each) => [each.labels, each.samples.map((sample) => sample.slice(0, 2))]);
      const first = v1(points, external).series;
      expect(of(v2(points, external))).toEqual(of(first));
      // One assertion for all: an assertion takes far longer than what it looks at.
      const given = (key: string, value: string) => all.concat(external).some((each) => each[key] === value);
      const foreign = first.flatMap(({ labels: read }) =>
        Object.entries(read).filter(([key, value]) => key !== "__name__" && key !== "le" && !given(key, value)),
      );
      expect(foreign).toEqual([]);
    }),
  );
});

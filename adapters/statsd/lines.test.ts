import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import type { MetricInstance } from "../../schemas/model/instance.ts";
import { aMetric, aTuple, declareMetric } from "../testing/metric-instance.ts";
import { config } from "./config.ts";
import { toDefinitions } from "./definition.ts";
import { createLines } from "./lines.ts";

type Params = z.input<typeof config>;

const instances = [declareMetric("requests", ["path"]), declareMetric("took", ["path"], "DURATION")];

function linesFor(params: Params) {
  const settings = config.parse(params);
  return createLines(toDefinitions(settings, instances), settings.format === "dogstatsd");
}

function linesOf(params: Params, ...batch: MetricInstance[]): string[] {
  return linesFor(params)(batch).lines.map(({ text }) => text);
}

const request = (path: string, parts: Partial<MetricInstance> = {}) =>
  aMetric("requests", { labels: aTuple({ path }), ...parts });
const took = (ms: number, parts: Partial<MetricInstance> = {}) =>
  aMetric("took", { labels: aTuple({ path: "/a" }), value: ms * 1e6, ...parts });

describe("counters", () => {
  it("are added up in a batch, with weights", () => {
    const batch = [request("/a"), request("/b", { value: 5 }), request("/a", { value: 2, weight: 10 })];
    expect(linesOf({}, ...batch)).toEqual(["requests:21|c|#path:/a", "requests:5|c|#path:/b"]);
    expect(linesFor({})(batch).lines.map(({ indexes }) => indexes)).toEqual([[0, 2], [1]]);
  });

  it("of the same labels are one though these come as other objects", () => {
    expect(linesOf({}, request("/a"), request("/a"))).toHaveLength(1);
  });
});

describe("gauges", () => {
  const metrics: Params["metrics"] = { requests: { kind: "gauge", name: "load" } };

  it("are their latest value", () => {
    expect(linesOf({ metrics }, request("/a", { value: 3 }), request("/a", { value: -4, weight: 10 }))).toEqual([
      "load:-4|g|#path:/a",
    ]);
  });

  it.each(["influxdb", "names"] as const)(
    "below zero are set to zero first where a sign means a change: %s",
    (format) => {
      const [line] = linesOf({ metrics, format }, request("/a", { value: -4 }));
      expect(line!.split("\n").map((each) => each.replace(/^.*:/, ""))).toEqual(["0|g", "-4|g"]);
    },
  );
});

describe("timings, histograms and distributions", () => {
  it.each([
    ["timing", "ms"],
    ["histogram", "h"],
    ["distribution", "d"],
  ] as const)("are sent value by value: %s", (kind, type) => {
    const lines = linesOf({ metrics: { took: { kind } } }, took(12.5), took(12.5), took(1, { weight: 4 }));
    const tail = "|#path:/a";
    expect(lines).toEqual([`took:12.5|${type}${tail}`, `took:12.5|${type}${tail}`, `took:1|${type}|@0.25${tail}`]);
  });

  it("have durations in the unit of the settings", () => {
    expect(linesOf({ metrics: { took: { kind: "histogram", unit: "seconds" } } }, took(1500))).toEqual([
      "took:1.5|h|#path:/a",
    ]);
  });
});

describe("labels", () => {
  const batch = aMetric("requests", { labels: aTuple({ "source.workload": "web", code: "200", empty: "" }) });
  const tags = { zone: "a" };

  it.each([
    ["dogstatsd", "mesh.requests:1|c|#zone:a,source.workload:web,code:200,empty:"],
    ["influxdb", "mesh.requests,zone=a,source.workload=web,code=200:1|c"],
    ["names", "mesh.requests.a.web.200.none:1|c"],
  ] as const)("are sent as %s has them", (format, line) => {
    expect(linesOf({ format, prefix: "mesh.", tags }, batch)).toEqual([line]);
  });

  it("of dotted names have no dots of their own", () => {
    expect(linesOf({ format: "names" }, request("/v1.0/a"))).toEqual(["requests._v1_0_a:1|c"]);
  });
});

it("no name and no label value can write anything but itself", () => {
  const hostile = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom("\n", "\r", "|", ":", "#", "@", ",", "=", " ", "a", "\u2028", "\u0000", "é") }),
  );
  fc.assert(
    fc.property(
      hostile,
      hostile,
      hostile,
      fc.constantFrom("dogstatsd", "influxdb", "names"),
      (name, label, value, format) => {
        const settings: Params = { format, metrics: { requests: { name: `n${name}` } } };
        const [text = ""] = linesOf(settings, aMetric("requests", { labels: aTuple({ [`l${label}`]: `v${value}` }) }));
        const part = String.raw`[\p{L}\p{N}_./-]+`;
        const shapes = {
          dogstatsd: `^n${part}:1\\|c\\|#l${part}:v${part}$`,
          influxdb: `^n${part},l${part}=v${part}:1\\|c$`,
          names: `^n${part}\\.v${part}:1\\|c$`,
        };
        expect(text).toMatch(new RegExp(shapes[format].replaceAll("]+", "]*"), "u"));
      },
    ),
  );
});

it("values that are no finite numbers are refused", () => {
  const batch = [request("/a", { value: NaN }), request("/a"), request("/a", { value: Infinity })];
  expect(linesFor({})(batch)).toMatchObject({ refused: [0, 2], lines: [{ indexes: [1] }] });
});

it("instances that are declared no more are counters by their names", () => {
  expect(linesOf({}, aMetric("former", { value: 2 }))).toEqual(["former:2|c"]);
});

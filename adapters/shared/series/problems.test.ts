import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { InstanceDeclaration } from "../../../schemas/model/instance.ts";
import { declareMetric } from "../../testing/metric-instance.ts";
import { seriesSettings } from "./config.ts";
import { prometheusNaming } from "./naming.ts";
import { seriesProblems } from "./problems.ts";

const config = z.strictObject(seriesSettings);

function problems(params: z.input<typeof config>, ...instances: InstanceDeclaration[]) {
  return seriesProblems(config.parse(params), instances, prometheusNaming).map(
    ({ path, message }) => `${path.join(".")}: ${message}`,
  );
}

const requests = declareMetric("requests", ["code"]);
const duration = declareMetric("duration", ["code"], "DURATION");

describe("seriesProblems", () => {
  it("has nothing to say of good settings", () => {
    const metrics = {
      requests: { name: "istio_requests_total" },
      duration: { name: "istio_request_duration_milliseconds", kind: "histogram", unit: "milliseconds" } as const,
    };
    expect(problems({ metrics }, requests, duration)).toEqual([]);
    expect(problems({})).toEqual([]);
  });

  it("tells everything at once", () => {
    const metrics = { request: {}, duration: { unit: "second", buckets: [2, 1] } };
    expect(problems({ metrics, expiry: "10 minutes" }, requests, duration)).toEqual([
      'expiry: "10 minutes" is no duration: write one such as 10m, 1h30m or 24h, or 0 for never',
      'metrics.request: no rule sends the instance "request" to this handler, did you mean "requests"?; it gets requests, duration',
      'metrics.duration.unit: "second" is no unit of time, did you mean "seconds"?; one of nanoseconds, microseconds, milliseconds, seconds, minutes, hours, days',
      "metrics.duration.buckets: a counter has no buckets: use kind histogram",
      "metrics.duration.buckets.1: must ascend: 1 follows 2",
    ]);
  });

  it.each(["-1s", "", "10", "1d", "forever"])("refuses the expiry %j", (expiry) => {
    expect(problems({ expiry })).toHaveLength(1);
  });

  it("refuses two metrics of one name, made valid and with suffixes", () => {
    const metrics = { a: { name: "x.y" }, b: { name: "x_y_total", kind: "gauge" } as const };
    expect(problems({ metrics }, declareMetric("a"), declareMetric("b"))).toEqual([
      'metrics.b: instances "a" and "b" both need the metric name x_y_total: give one another name',
    ]);
    const histogram = { a: { name: "x", kind: "histogram" } as const };
    expect(problems({ metrics: histogram }, declareMetric("a"), declareMetric("x_count"))).toHaveLength(1);
    expect(problems({ metrics: histogram }, declareMetric("a"), declareMetric("x_counts"))).toEqual([]);
  });

  it.each([
    [["a.b", "a_b"], 'dimensions "a.b" and "a_b" of the instance "requests" both become the label a_b'],
    [["__a"], 'dimension "__a" of the instance "requests" begins with __, which Prometheus reserves'],
    [["le"], 'dimension "le" of the instance "requests" is the bucket label of a histogram: rename it'],
    [
      ["otel.metric.overflow"],
      'dimension "otel.metric.overflow" of the instance "requests" is kept for the series that takes what exceeds maxSeries',
    ],
  ])("refuses the dimensions %j", (labels, message) => {
    const metrics = { requests: { kind: "histogram" } as const };
    expect(problems({ metrics }, declareMetric("requests", labels))).toEqual([`metrics.requests: ${message}`]);
  });

  it("lets a counter have a label le, and points at the handler where there is no entry", () => {
    expect(problems({}, declareMetric("requests", ["le"]))).toEqual([]);
    expect(problems({}, declareMetric("requests", ["__a"]))[0]).toMatch(/^: dimension/);
  });

  it("is not misled by names of Object's own", () => {
    expect(problems({}, declareMetric("constructor"), declareMetric("toString"))).toEqual([]);
  });
});

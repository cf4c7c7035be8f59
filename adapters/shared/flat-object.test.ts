import { describe, expect, it } from "vitest";
import { aLogEntry, anEdge, aSpan } from "../testing/instances.ts";
import { aMetric, aTuple } from "../testing/metric-instance.ts";
import { toFlatObject } from "./flat-object.ts";

describe("toFlatObject", () => {
  it("gives a log entry's variables and nothing else", () => {
    const variables = { path: "/", code: 200, labels: { app: "web" } };
    expect(toFlatObject(aLogEntry("access", { variables, traceId: "ab" }))).toEqual(variables);
  });

  it("gives an edge's ends as fields", () => {
    expect(toFlatObject(anEdge("calls"))).toEqual({
      instance: "calls",
      time: "2023-11-14T22:13:20Z",
      "source.name": "web",
      "source.namespace": "shop",
      "destination.name": "cart",
      "destination.namespace": "shop",
      protocol: "http",
    });
    expect(toFlatObject(anEdge("calls", { source: {}, destination: {}, protocol: undefined }))).toEqual({
      instance: "calls",
      time: "2023-11-14T22:13:20Z",
    });
  });

  it("gives a span's fields and attributes", () => {
    const attributes = { "http.route": "/", name: "another", constructor: "theirs" };
    expect(toFlatObject(aSpan("spans", { attributes, parentSpanId: "00f067aa0ba902b7" }))).toEqual({
      instance: "spans",
      traceId: "0af7651916cd43dd8448eb211c80319c",
      spanId: "b7ad6b7169203331",
      parentSpanId: "00f067aa0ba902b7",
      name: "GET /",
      kind: "server",
      startTime: "2023-11-14T22:13:20Z",
      endTime: "2023-11-14T22:13:20.0125Z",
      status: "unset",
      service: "cart",
      "http.route": "/",
      "attributes.name": "another",
      constructor: "theirs",
    });
    expect(toFlatObject(aSpan("spans"))).not.toHaveProperty("parentSpanId");
  });

  it("gives a metric's value and labels", () => {
    const labels = aTuple({ code: "200", value: "another" });
    expect(toFlatObject(aMetric("requests", { value: 2, weight: 10, traceId: "ab", labels }))).toEqual({
      instance: "requests",
      value: 2,
      weight: 10,
      traceId: "ab",
      code: "200",
      "labels.value": "another",
    });
    expect(toFlatObject(aMetric("requests"))).not.toHaveProperty("traceId");
  });
});

import { describe, expect, it } from "vitest";
import { builtInAttributes } from "../../schemas/attributes/vocabulary.ts";
import type { RawMetric } from "../../schemas/model/metric.ts";
import { AttributeRecord, createProjection } from "../../schemas/model/record.ts";
import type { Value } from "../../schemas/model/value.ts";
import { createEnrichTables } from "./enrich.ts";
import { createMetricNormalizer } from "./metric.ts";

const normalize = createMetricNormalizer({
  projection: createProjection(builtInAttributes.keys()),
  enrich: createEnrichTables({ addresses: {}, principals: {} }),
});

/** The attributes of a metric that are there, by name. */
function attributesOf(resource: Readonly<Record<string, string>>, metric: Partial<RawMetric> = {}) {
  const record = new AttributeRecord(builtInAttributes.length);
  const attributes = new Map(Object.entries(resource));
  const raw = { name: "a", unit: "", scope: "", kind: undefined, points: 1, ...metric, resource: { attributes } };
  normalize(raw, record);
  return Object.fromEntries(
    builtInAttributes.flatMap(({ name }, slot): [string, Value][] => {
      const value = record.values[slot];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

describe("a metric in the vocabulary", () => {
  it("says what it is", () => {
    expect(attributesOf({}, { name: "http.time", unit: "ms", scope: "lib", kind: "histogram" })).toEqual({
      "context.signal": "metric",
      "metric.name": "http.time",
      "metric.unit": "ms",
      "metric.scope": "lib",
      "metric.kind": "histogram",
      "metric.resource": new Map(),
    });
  });

  it("tells of the process that made it as the destination", () => {
    const resource = {
      ...{ "service.name": "cart", "k8s.namespace.name": "shop", "k8s.pod.name": "cart-1" },
      ...{ "k8s.deployment.name": "cart-v2", "service.version": "2", "k8s.cluster.name": "east" },
    };
    expect(attributesOf(resource)).toMatchObject({
      "context.reporter.uid": "kubernetes://cart-1.shop",
      "destination.service.name": "cart",
      "destination.service.namespace": "shop",
      "destination.workload.name": "cart-v2",
      "destination.name": "cart-1",
      "destination.canonical.name": "cart",
      "destination.cluster.id": "east",
      "metric.resource": new Map(Object.entries(resource)),
    });
    expect(Object.keys(attributesOf(resource)).filter((name) => name.startsWith("source."))).toEqual([]);
  });

  it.each([
    ["sidecar~10.0.0.1~cart-1.shop~shop.svc.cluster.local", "kubernetes://cart-1.shop"],
    ["instance-7", "instance-7"],
  ])("names the reporter of instance %s as access logs do", (instance, uid) => {
    expect(attributesOf({ "service.instance.id": instance })["context.reporter.uid"]).toBe(uid);
  });
});

import type { LabelTuple, MetricDeclaration, MetricInstance } from "../../schemas/model/instance.ts";

/** Declares a metric instance for tests. */
export function declareMetric(
  name: string,
  labelNames: readonly string[] = [],
  valueType: MetricDeclaration["valueType"] = "INT64",
): MetricDeclaration {
  return { name, template: "metric", valueType, labelNames };
}

/** A tuple of labels for tests; a new object each time. */
export function aTuple(labels: Readonly<Record<string, string>>, overflow?: string): LabelTuple {
  return { names: Object.keys(labels), values: Object.values(labels), ...(overflow === undefined ? {} : { overflow }) };
}

/** A metric instance for tests: value 1, weight 1, no labels, no trace. */
export function aMetric(instance: string, parts: Partial<MetricInstance> = {}): MetricInstance {
  return { template: "metric", instance, labels: aTuple({}), value: 1, weight: 1, traceId: undefined, ...parts };
}

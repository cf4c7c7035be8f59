import type { Attribute } from "./attribute.ts";

/** The attributes of a metric that others made, which rules pass on. */
export const metricAttributes = [
  {
    name: "metric.name",
    type: "STRING",
    meaning: "Name of a metric that somebody else made.",
    ours: true,
    metric: "name; of Envoy's metrics service, the family's name",
  },
  {
    name: "metric.kind",
    type: "STRING",
    meaning: "gauge, sum, histogram, exponential_histogram or summary.",
    ours: true,
    metric: "the field that holds the data",
  },
  {
    name: "metric.unit",
    type: "STRING",
    meaning: "Unit of its values, in UCUM.",
    ours: true,
    metric: "unit",
  },
  {
    name: "metric.scope",
    type: "STRING",
    meaning: "Name of the instrumentation scope that made it.",
    ours: true,
    metric: "scope.name",
  },
  {
    name: "metric.resource",
    type: "STRING_MAP",
    meaning: "What its resource says: the attributes that are text, numbers or truth values.",
    ours: true,
    metric: "resource.attributes; of Envoy's metrics service, what is made of the node",
  },
] as const satisfies readonly Attribute[];

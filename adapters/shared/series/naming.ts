import { claimedNames, toLabelName, toMetricName } from "../exposition.ts";
import type { MetricDefinition } from "./definition.ts";

type Kind = MetricDefinition["kind"];

/** How a protocol spells the names of metrics and labels, and which it does not take. */
export interface Naming {
  metric(name: string): string;
  label(name: string): string;
  /** The name that users see of a metric called so without `_total`. */
  exposed(name: string, kind: Kind): string;
  /** Every name that a metric takes up: no two may share one. */
  claims(name: string, kind: Kind): readonly string[];
  /** What is wrong with a label, as the end of a sentence about it; undefined if nothing is. */
  labelFault(label: string, kind: Kind): string | undefined;
}

/** Names of Prometheus: counters end in `_total`, histograms take up three names, some labels are reserved. */
export const prometheusNaming: Naming = {
  metric: toMetricName,
  label: toLabelName,
  exposed: (name, kind) => (kind === "counter" ? `${name}_total` : name),
  claims: (name, type) => claimedNames({ name, type }),
  labelFault(label, kind) {
    if (label.startsWith("__")) return "begins with __, which Prometheus reserves";
    if (label === "le" && kind === "histogram") return "is the bucket label of a histogram: rename it";
    return undefined;
  },
};

/** Names as users wrote them, for protocols that take any text. */
export const plainNaming: Naming = {
  metric: (name) => name,
  label: (name) => name,
  exposed: (name) => name,
  claims: (name) => [name],
  labelFault: () => undefined,
};

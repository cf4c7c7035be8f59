import type { InstanceDeclaration, MetricDeclaration } from "../../../schemas/model/instance.ts";
import { toBounds } from "./buckets.ts";
import type { MetricConfig, SeriesConfig } from "./config.ts";
import type { Naming } from "./naming.ts";

/** All that is known of a metric before its first value. */
export interface MetricDefinition {
  readonly instance: string;
  readonly kind: "counter" | "gauge" | "histogram";
  /** Valid, and without the `_total` of counters. */
  readonly name: string;
  /** The name that users see. */
  readonly exposedName: string;
  readonly help: string;
  readonly unit: string | undefined;
  /** What values are divided by: 1e9 turns nanoseconds into seconds. */
  readonly divisor: number;
  /** Label names as rules give them, and as the protocol spells them, in the same order. */
  readonly sourceLabels: readonly string[];
  readonly labels: readonly string[];
  /** Ascending, without `+Inf`; empty unless a histogram. */
  readonly bounds: readonly number[];
}

/** Nanoseconds in each unit that a duration can be given in. */
export const durationUnits: ReadonlyMap<string, number> = new Map([
  ["nanoseconds", 1],
  ["microseconds", 1e3],
  ["milliseconds", 1e6],
  ["seconds", 1e9],
  ["minutes", 60e9],
  ["hours", 3600e9],
  ["days", 86400e9],
]);

const defaults: MetricConfig = { kind: "counter" };

/** Brings settings and declarations together: one definition for each metric instance. */
export function toDefinitions(
  config: SeriesConfig,
  instances: readonly InstanceDeclaration[],
  naming: Naming,
): readonly MetricDefinition[] {
  const metrics = new Map(Object.entries(config.metrics));
  return instances
    .filter((instance) => instance.template === "metric")
    .map((instance) => toDefinition(metrics.get(instance.name) ?? defaults, instance, naming));
}

function toDefinition(metric: MetricConfig, instance: MetricDeclaration, naming: Naming): MetricDefinition {
  const { kind } = metric;
  const spelled = naming.metric(metric.name ?? instance.name);
  const name = kind === "counter" ? spelled.replace(/(?<=.)_total$/, "") : spelled;
  const isDuration = instance.valueType === "DURATION";
  const unit = metric.unit ?? (isDuration ? "seconds" : undefined);
  return {
    instance: instance.name,
    kind,
    name,
    exposedName: naming.exposed(name, kind),
    help: metric.help ?? `Instance ${instance.name}.`,
    unit,
    divisor: isDuration ? (durationUnits.get(unit ?? "") ?? 1) : 1,
    sourceLabels: instance.labelNames,
    labels: instance.labelNames.map(naming.label),
    bounds: kind === "histogram" ? toBounds(metric.buckets, unit) : [],
  };
}

/** True if series of the one go on under the other: everything is equal but the texts around them. */
export function sameSeries(a: MetricDefinition, b: MetricDefinition): boolean {
  const shape = ({ kind, name, divisor, sourceLabels, bounds }: MetricDefinition) =>
    JSON.stringify([kind, name, divisor, sourceLabels, bounds]);
  return shape(a) === shape(b);
}

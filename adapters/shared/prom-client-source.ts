import type { ExpositionFormat, MetricFamily, MetricsSource } from "../adapter.ts";
import {
  escapeLabelValue,
  type FamilyMetadata,
  formatBound,
  formatHead,
  formatValue,
  toLabelName,
} from "./exposition.ts";

/** The part of a prom-client registry that is read. */
export interface PromClientRegistry {
  getMetricsAsJSON(): Promise<readonly PromClientMetric[]>;
}

/** One metric of a prom-client registry (15.1). */
export interface PromClientMetric {
  readonly name: string;
  readonly help: string;
  readonly type: unknown;
  readonly values: readonly PromClientValue[];
}

interface PromClientValue {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number | undefined>>;
  readonly metricName?: string;
  readonly exemplar?: {
    readonly labelSet: Readonly<Record<string, string | number>>;
    readonly value: number;
    readonly timestamp: number;
  } | null;
}

/**
 * The metrics of a prom-client registry as a source, correct in both formats: the registry's own OpenMetrics rendering
 * alters its counters and writes bounds as `1`, so it is never called. Counters end in `_total` in both formats.
 */
export function promClientSource(registry: PromClientRegistry): MetricsSource {
  return {
    async families(format) {
      // Other sources of the same page may count into this registry when they are asked: let them go first.
      await Promise.resolve();
      const metrics = await registry.getMetricsAsJSON();
      return metrics.filter((metric) => metric.values.length > 0).map((metric) => toFamily(metric, format));
    },
  };
}

function toFamily(metric: PromClientMetric, format: ExpositionFormat): MetricFamily {
  const type = toType(metric.type);
  const name = type === "counter" ? metric.name.replace(/_total$/, "") : metric.name;
  const samples = metric.values.map((value) => sampleLine(value, name, type, format)).join("");
  return { name, type, head: formatHead({ name, type, help: metric.help }, format), samples: () => [samples] };
}

function toType(type: unknown): FamilyMetadata["type"] {
  return type === "counter" || type === "gauge" || type === "histogram" || type === "summary" ? type : "unknown";
}

function sampleLine(
  sample: PromClientValue,
  name: string,
  type: FamilyMetadata["type"],
  format: ExpositionFormat,
): string {
  const full = type === "counter" ? `${name}_total` : (sample.metricName ?? name);
  const labels = Object.entries(sample.labels).map(([label, value]) => [label, labelText(label, value, type)] as const);
  const exemplar =
    format === "openmetrics" && (type === "counter" || full.endsWith("_bucket")) ? sample.exemplar : null;
  return `${full}${braced(labels)} ${formatValue(sample.value)}${exemplar ? exemplarText(exemplar) : ""}\n`;
}

function labelText(label: string, value: string | number | undefined, type: FamilyMetadata["type"]): string {
  const isBound = (type === "histogram" && label === "le") || (type === "summary" && label === "quantile");
  return isBound ? formatBound(value === "+Inf" ? Infinity : Number(value)) : String(value ?? "");
}

function exemplarText({ labelSet, value, timestamp }: NonNullable<PromClientValue["exemplar"]>): string {
  const labels = Object.entries(labelSet).map(([label, text]) => [label, String(text)] as const);
  return ` # ${braced(labels) || "{}"} ${formatValue(value)} ${timestamp}`;
}

function braced(labels: readonly (readonly [string, string])[]): string {
  if (labels.length === 0) return "";
  return `{${labels.map(([name, value]) => `${toLabelName(name)}="${escapeLabelValue(value)}"`).join(",")}}`;
}

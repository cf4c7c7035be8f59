import type { ExpositionFormat } from "../adapter.ts";
import { escapeLabelValue, formatBound, formatSeconds, formatValue } from "../shared/exposition.ts";
import type { Counter } from "../shared/series/counter.ts";
import { type Exemplar, exemplarLabel } from "../shared/series/exemplars.ts";
import type { Gauge } from "../shared/series/gauge.ts";
import type { Histogram } from "../shared/series/histogram.ts";
import type { Metric } from "../shared/series/store.ts";

/** Writes the sample lines of one series. */
export type LinesOf = (slot: number, labels: string, created: string | undefined) => string;

/** How the series of a metric are written. */
export function toLines(metric: Metric, format: ExpositionFormat): LinesOf {
  switch (metric.kind) {
    case "counter":
      return counterLines(metric, format === "openmetrics");
    case "gauge":
      return gaugeLines(metric);
    case "histogram":
      return histogramLines(metric, format === "openmetrics");
  }
}

function counterLines(metric: Counter, isOpen: boolean): LinesOf {
  const { name } = metric.definition;
  return (slot, labels, created) => {
    const exemplar = isOpen ? exemplarText(metric.exemplars.of(slot)) : "";
    const line = `${sampleName(`${name}_total`, labels)} ${formatValue(metric.sumOf(slot))}${exemplar}\n`;
    return created === undefined ? line : `${line}${sampleName(`${name}_created`, labels)} ${created}\n`;
  };
}

function gaugeLines(metric: Gauge): LinesOf {
  const { name } = metric.definition;
  return (slot, labels) => `${sampleName(name, labels)} ${formatValue(metric.latestOf(slot))}\n`;
}

function histogramLines(metric: Histogram, isOpen: boolean): LinesOf {
  const { name, bounds } = metric.definition;
  const ends = [...bounds, Infinity].map((bound) => `le="${formatBound(bound)}"} `);
  // OpenMetrics forbids sum and count beside negative bounds, where a sum may fall ("Histogram").
  const hasSum = !isOpen || !(bounds[0]! < 0);
  return (slot, labels, created) => {
    const { counts, exemplars } = metric;
    const start = `${name}_bucket{${labels}${labels === "" ? "" : ","}`;
    let text = "";
    let count = 0;
    for (let i = 0, cell = slot * metric.width; i < ends.length; i++, cell++) {
      count += counts[cell]!;
      text += `${start}${ends[i]}${count}${isOpen ? exemplarText(exemplars.of(cell)) : ""}\n`;
    }
    if (hasSum) {
      text += `${sampleName(`${name}_sum`, labels)} ${formatValue(metric.sumOf(slot))}\n`;
      text += `${sampleName(`${name}_count`, labels)} ${count}\n`;
    }
    return created === undefined ? text : `${text}${sampleName(`${name}_created`, labels)} ${created}\n`;
  };
}

/** A sample's name with its labels in braces, or bare. */
function sampleName(name: string, labels: string): string {
  return labels === "" ? name : `${name}{${labels}}`;
}

/** What follows a sample's value in OpenMetrics; empty without an exemplar. */
function exemplarText(exemplar: Exemplar | undefined): string {
  if (exemplar === undefined) return "";
  const { traceId, value, timeMs } = exemplar;
  return ` # {${exemplarLabel}="${escapeLabelValue(traceId)}"} ${formatValue(value)} ${formatSeconds(timeMs)}`;
}

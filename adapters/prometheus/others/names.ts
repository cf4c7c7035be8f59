import type { MetricHead } from "../../shared/otlp/read-metrics.ts";
import { toUnitWords } from "./units.ts";

/** What a metric of OTLP is on the page. */
export type FamilyType = "counter" | "gauge" | "histogram" | "summary";

/** The type of the family that holds a metric: a sum that may fall is a gauge. */
export function toFamilyType({ kind, isMonotonic }: Pick<MetricHead, "kind" | "isMonotonic">): FamilyType {
  if (kind === "sum") return isMonotonic ? "counter" : "gauge";
  return kind === "exponential" ? "histogram" : kind;
}

/** A family's name, without the `_total` of counters, and its unit. */
export interface FamilyName {
  readonly name: string;
  readonly unit: string;
  /** A counter whose samples are called as the family is, without `_total` behind. */
  readonly isBare: boolean;
}

/**
 * Names a metric as OpenTelemetry's specification of compatibility with Prometheus has it: characters that are not allowed become
 * `_`, several of them one; behind them the unit, and `ratio` for gauges of unit 1, unless the name has them already.
 * Without suffixes only characters are replaced, so that what was told apart before stays apart: `rq` and `rq_total` are one to the specification.
 */
export function toFamilyName(
  head: Pick<MetricHead, "name" | "unit">,
  type: FamilyType,
  withSuffixes: boolean,
): FamilyName {
  if (!withSuffixes) return { name: toLegal(head.name), unit: "", isBare: type === "counter" };
  const { main, per } = toUnitWords(head.unit);
  let words = head.name.split(/[^a-zA-Z0-9:]+/).filter((word) => word !== "");
  if (main !== "" && !words.includes(main)) words.push(main);
  if (per !== "") words.push("per", per);
  if (type === "counter" && words.some((word) => word !== "total")) words = words.filter((word) => word !== "total");
  const isRatio = type === "gauge" && head.unit === "1";
  if (isRatio) words = [...words.filter((word) => word !== "ratio"), "ratio"];
  const unit = isRatio ? "ratio" : [main, ...(per === "" ? [] : ["per", per])].filter((word) => word !== "").join("_");
  return { name: toLegal(words.join("_")), unit, isBare: false };
}

function toLegal(text: string): string {
  const name = text.replace(/[^a-zA-Z0-9:]+/g, "_");
  return /^[0-9]/.test(name) || name === "" ? `_${name}` : name;
}

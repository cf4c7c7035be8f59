import type { ExpositionFormat, MetricFamily } from "../adapter.ts";

/** The line that ends an OpenMetrics document. */
export const endOfFile = "# EOF\n";

/** Makes any text a valid metric name (`[a-zA-Z_:][a-zA-Z0-9_:]*`): other characters become `_`. */
export function toMetricName(text: string): string {
  return startSafely(text.replace(/[^a-zA-Z0-9_:]/gu, "_"));
}

/** Makes any text a valid label name (`[a-zA-Z_][a-zA-Z0-9_]*`): other characters become `_`. */
export function toLabelName(text: string): string {
  return startSafely(text.replace(/[^a-zA-Z0-9_]/gu, "_"));
}

function startSafely(name: string): string {
  return /^[0-9]/.test(name) || name === "" ? `_${name}` : name;
}

/** Escapes a label value for both formats: backslash, quote, line feed; a lone surrogate becomes U+FFFD. */
export function escapeLabelValue(value: string): string {
  return needsEscape.test(value) ? escapeAll(value.toWellFormed()).replaceAll('"', '\\"') : value.toWellFormed();
}

const needsEscape = /["\\\n]/;

/** Escapes a help text. Text 0.0.4 leaves quotes as they are, OpenMetrics escapes them too. */
export function escapeHelp(help: string, format: ExpositionFormat): string {
  const escaped = escapeAll(help.toWellFormed());
  return format === "text" ? escaped : escaped.replaceAll('"', '\\"');
}

function escapeAll(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

/** Writes a sample value: shortest decimal text, `NaN`, `+Inf`, `-Inf`. */
export function formatValue(value: number): string {
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  return `${value}`;
}

/**
 * Writes a bucket bound or quantile in the canonical form of OpenMetrics 1.0 ("Considerations: Canonical Numbers"), so that
 * both formats give the same series: the shortest decimal text, with an exponent below 1e-4 and from 1e6 on, else with a
 * decimal point (`0.5`, `1.0`, `1.8e+06`).
 */
export function formatBound(value: number): string {
  if (!Number.isFinite(value)) return formatValue(value);
  const [mantissa, exponent] = value.toExponential().split("e") as [string, string];
  const power = Number(exponent);
  if (value !== 0 && (power < -4 || power >= 6)) {
    return `${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  }
  const text = String(value);
  return text.includes(".") ? text : `${text}.0`;
}

/** Milliseconds since the epoch as seconds with a fraction. */
export function formatSeconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

/** Writes label pairs without the braces; names must be valid already. */
export function formatLabels(names: readonly string[], values: readonly string[]): string {
  const pairs = names.map((name, i) => `${name}="${escapeLabelValue(values[i]!)}"`);
  // Joined, not added up: that gives one flat text, where adding would leave a tree of pieces in memory for as long as the series lives.
  return pairs.join(",");
}

/** What a family's metadata says. */
export interface FamilyMetadata {
  /** Without `_total`. */
  readonly name: string;
  readonly type: MetricFamily["type"];
  readonly help: string;
  /** Written in OpenMetrics, and only where the name ends with it, as that format demands. */
  readonly unit?: string;
}

/** Writes the metadata lines of a family. In text 0.0.4 a counter's family is named as its samples are, with `_total`. */
export function formatHead(family: FamilyMetadata, format: ExpositionFormat): string {
  const { name, type, help, unit } = family;
  if (format === "text") {
    const full = type === "counter" ? `${name}_total` : name;
    return `# HELP ${full} ${escapeHelp(help, format)}\n# TYPE ${full} ${type === "unknown" ? "untyped" : type}\n`;
  }
  const unitLine = unit && name.endsWith(`_${unit}`) ? `# UNIT ${name} ${unit}\n` : "";
  return `# TYPE ${name} ${type}\n${unitLine}# HELP ${name} ${escapeHelp(help, format)}\n`;
}

const suffixes = {
  counter: ["_total", "_created"],
  gauge: [""],
  histogram: ["_bucket", "_count", "_sum", "_created"],
  summary: ["", "_count", "_sum", "_created"],
  unknown: [""],
} as const;

/**
 * Every name that a family takes up in a document, in either format: two families may not share one (OpenMetrics 1.0,
 * "Metric Names and Suffixes").
 */
export function claimedNames(family: { readonly name: string; readonly type: MetricFamily["type"] }): string[] {
  return [...new Set([family.name, ...suffixes[family.type].map((suffix) => family.name + suffix)])];
}

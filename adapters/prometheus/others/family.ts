import type { ExpositionFormat, MetricFamily } from "../../adapter.ts";
import { claimedNames, escapeHelp, formatHead } from "../../shared/exposition.ts";
import type { DataKind } from "../../shared/otlp/metric-point.ts";
import type { BoundsTable } from "./bounds.ts";
import { ExponentialSeries } from "./exponential-series.ts";
import { HistogramSeries } from "./histogram-series.ts";
import type { FamilyName, FamilyType } from "./names.ts";
import { CounterSeries, GaugeSeries } from "./number-series.ts";
import type { OtherSeries, SeriesIdentity } from "./series.ts";
import { SummarySeries } from "./summary-series.ts";

/** Characters of sample text handed over at once. */
const pieceLength = 64 * 1024;

/** The series of one name, whoever sends them. */
export class OtherFamily {
  readonly name: string;
  readonly type: FamilyType;
  /** The names that it takes up on a page. */
  readonly names: readonly string[];
  readonly #isBare: boolean;
  readonly #unit: string;
  readonly #help: string;
  readonly #bounds: BoundsTable;
  readonly #byLabels = new Map<string, OtherSeries>();
  readonly #byAlias = new Map<string, OtherSeries>();

  constructor({ name, unit, isBare }: FamilyName, type: FamilyType, help: string, bounds: BoundsTable) {
    this.name = name;
    this.type = type;
    this.names = claimedNames({ name, type: isBare ? "unknown" : type });
    this.#isBare = isBare;
    this.#unit = unit;
    this.#help = help;
    this.#bounds = bounds;
  }

  /** Lines of text that its series take. */
  get lines(): number {
    let lines = 0;
    for (const series of this.#byLabels.values()) lines += series.lines;
    return lines;
  }

  get isEmpty(): boolean {
    return this.#byLabels.size === 0;
  }

  /** The series of these bytes, without working its labels out. */
  known(alias: string): OtherSeries | undefined {
    return this.#byAlias.get(alias);
  }

  /** The series of these labels, which is from now on known by these bytes; "foreign" if it is another metric's. */
  find(labels: string, alias: string, owner: string): OtherSeries | "foreign" | undefined {
    const series = this.#byLabels.get(labels);
    if (series === undefined) return undefined;
    if (series.owner !== owner) return "foreign";
    this.#byAlias.delete(series.alias);
    series.alias = alias;
    this.#byAlias.set(alias, series);
    return series;
  }

  /** A series that has no value yet, and is not shown before it is added. */
  make(kind: DataKind, identity: SeriesIdentity): OtherSeries {
    if (kind === "histogram") return new HistogramSeries(identity, this.#bounds);
    if (kind === "exponential") return new ExponentialSeries(identity, this.#bounds);
    if (kind === "summary") return new SummarySeries(identity);
    return this.type === "counter" ? new CounterSeries(identity, this.#isBare) : new GaugeSeries(identity);
  }

  /** Whether a series is of the kind that a point needs. */
  fits(series: OtherSeries, kind: DataKind): boolean {
    return this.type !== "histogram" || series instanceof ExponentialSeries === (kind === "exponential");
  }

  /** Adds a series; gives the lines that it takes. */
  add(series: OtherSeries): number {
    this.#byLabels.set(series.labels, series);
    this.#byAlias.set(series.alias, series);
    return series.lines;
  }

  /** Ends a series; gives the lines that it took. */
  remove(series: OtherSeries): number {
    this.#byLabels.delete(series.labels);
    this.#byAlias.delete(series.alias);
    return series.lines;
  }

  /** Ends the series of which nothing was heard since; gives how many. */
  expire(sinceMs: number): number {
    let expired = 0;
    for (const series of this.#byLabels.values()) {
      if (series.touchedMs > sinceMs) continue;
      this.remove(series);
      expired++;
    }
    return expired;
  }

  /** Ends all series. */
  clear(): void {
    this.#byLabels.clear();
    this.#byAlias.clear();
  }

  /** As it is now: series that begin while it is read are left to the next reading. */
  toFamily(format: ExpositionFormat, withCreated: boolean, endSerial: number): MetricFamily {
    const { name } = this;
    // OpenMetrics has no counters without _total; the text format has.
    const type = this.#isBare ? "unknown" : this.type;
    const head = { name, help: this.#help, unit: this.#unit };
    const isBareText = this.#isBare && format === "text";
    const lines = isBareText ? formatBareCounter(head) : formatHead({ ...head, type }, format);
    const isCreated = withCreated && format === "openmetrics";
    return { name, type, head: lines, samples: () => this.#pieces(format, isCreated, endSerial) };
  }

  *#pieces(format: ExpositionFormat, withCreated: boolean, endSerial: number): Iterable<string> {
    let piece = "";
    for (const series of this.#byLabels.values()) {
      if (series.serial >= endSerial) continue;
      piece += series.text(this.name, format, withCreated);
      if (piece.length < pieceLength) continue;
      yield piece;
      piece = "";
    }
    if (piece !== "") yield piece;
  }
}

const formatBareCounter = ({ name, help }: { readonly name: string; readonly help: string }): string =>
  `# HELP ${name} ${escapeHelp(help, "text")}\n# TYPE ${name} counter\n`;

import type { ExpositionFormat } from "../../adapter.ts";
import { formatValue } from "../../shared/exposition.ts";
import type { MetricPoint, TraceExemplar } from "../../shared/otlp/metric-point.ts";
import { type Bounds, type BoundsTable, sameNumbers } from "./bounds.ts";
import { exemplarText, OtherSeries, type Refusal, type SeriesIdentity, sampleName } from "./series.ts";

/** What both kinds of histograms show: buckets with bounds. */
export abstract class BucketSeries extends OtherSeries {
  protected readonly table: BoundsTable;
  protected sum: number | undefined = 0;
  protected readonly exemplars = new Map<number, TraceExemplar>();

  constructor(identity: SeriesIdentity, table: BoundsTable) {
    super(identity);
    this.table = table;
  }

  /** The bounds, and how many values lie up to each above the one before; last those above all. */
  protected abstract buckets(): { readonly bounds: Bounds; readonly counts: readonly number[] };

  text(name: string, format: ExpositionFormat, withCreated: boolean): string {
    const { bounds, counts } = this.buckets();
    const { ends, values } = bounds;
    const isOpen = format === "openmetrics";
    const start = `${name}_bucket{${this.labels}${this.labels === "" ? "" : ","}`;
    let text = "";
    let count = 0;
    for (let i = 0; i < ends.length; i++) {
      count += counts[i] ?? 0;
      const exemplar = isOpen ? exemplarText(this.exemplars.get(i === ends.length - 1 ? Infinity : values[i]!)) : "";
      text += `${start}${ends[i]}${count}${exemplar}\n`;
    }
    // OpenMetrics wants both or none, and none beside bounds below zero, where a sum may fall ("Histogram").
    const hasSum = this.sum !== undefined && !(isOpen && values[0]! < 0);
    if (hasSum) text += `${sampleName(`${name}_sum`, this.labels)} ${formatValue(this.sum!)}\n`;
    if (hasSum || !isOpen) text += `${sampleName(`${name}_count`, this.labels)} ${count}\n`;
    return text + this.createdLine(name, withCreated);
  }

  /** The latest trace of each bucket, by its bound. */
  protected keepExemplars({ exemplars }: MetricPoint, bounds: readonly number[]): void {
    for (const exemplar of exemplars)
      this.exemplars.set(bounds.find((bound) => exemplar.value <= bound) ?? Infinity, exemplar);
  }

  protected addSum(sum: number | undefined, isDelta: boolean): void {
    if (!isDelta || sum === undefined || this.sum === undefined) this.sum = sum;
    else this.sum += Number.isFinite(sum) ? sum : 0;
  }
}

/** A histogram with the sender's own bounds. Where they change it begins anew. */
export class HistogramSeries extends BucketSeries {
  #bounds: Bounds;
  #counts: number[] = [];

  constructor(identity: SeriesIdentity, table: BoundsTable) {
    super(identity, table);
    this.#bounds = table.of([]);
  }

  get lines(): number {
    return this.#bounds.values.length + 3;
  }

  protected buckets() {
    return { bounds: this.#bounds, counts: this.#counts };
  }

  protected add(point: MetricPoint, isDelta: boolean, room: number): Refusal | undefined {
    const { bounds, counts } = toBuckets(point);
    if (bounds.length - this.#bounds.values.length > Math.max(0, room)) return "series_budget";
    const isSame = sameNumbers(bounds, this.#bounds.values);
    if (!isSame) {
      this.#bounds = this.table.of(bounds);
      this.exemplars.clear();
      this.beginAnew();
    }
    const isSummed = isDelta && isSame && this.#counts.length > 0;
    this.#counts = isSummed ? this.#counts.map((count, i) => count + counts[i]!) : [...counts];
    this.addSum(point.sum, isSummed);
    this.keepExemplars(point, bounds);
    return undefined;
  }
}

/** Without buckets all values are in one; a bound of +Inf is always there, and never told. */
function toBuckets({ bounds, counts, count }: MetricPoint) {
  if (counts.length === 0) return { bounds, counts: [count] };
  if (bounds.at(-1) !== Number.POSITIVE_INFINITY) return { bounds, counts };
  const above = counts.slice(-2).reduce((sum, each) => sum + each, 0);
  return { bounds: bounds.slice(0, -1), counts: [...counts.slice(0, -2), above] };
}

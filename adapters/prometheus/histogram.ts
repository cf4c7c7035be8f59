import type { MetricInstance } from "../../schemas/model/instance.ts";
import type { ExpositionFormat } from "../adapter.ts";
import { formatBound, formatValue } from "../shared/exposition.ts";
import type { MetricDefinition } from "./definition.ts";
import { Exemplars } from "./exemplars.ts";
import { grown } from "./grown.ts";
import { Metric, type Surroundings, sampleName } from "./metric.ts";
import { foreignTuple } from "./series.ts";

/** Distributions in fixed buckets. Counts are kept for each bucket alone and added up when written. */
export class Histogram extends Metric {
  readonly #bounds: Float64Array;
  /** Buckets of a series, `+Inf` included. */
  readonly #width: number;
  /** The end of each bucket's sample name, from its `le` on. */
  readonly #ends: readonly string[];
  #counts: Float64Array<ArrayBuffer>;
  #sums = new Float64Array(64);
  readonly #exemplars = new Exemplars();

  constructor(definition: MetricDefinition, maxSeries: number, around: Surroundings) {
    super(definition, maxSeries, around);
    this.#bounds = Float64Array.from(definition.bounds);
    this.#width = definition.bounds.length + 1;
    this.#ends = [...definition.bounds, Infinity].map((bound) => `le="${formatBound(bound)}"} `);
    this.#counts = new Float64Array(64 * this.#width);
  }

  record({ labels, value, weight, traceId }: MetricInstance): void {
    const observed = value / this.definition.divisor;
    const amount = observed * weight;
    if (!(amount > -Infinity && amount < Infinity)) {
      this.losses.dropped("not_finite");
      return;
    }
    const slot = this.slotOf(labels);
    if (slot === foreignTuple) return;
    if (slot >= this.#sums.length) this.#grow(slot + 1);
    const cell = slot * this.#width + bucketOf(this.#bounds, observed);
    this.#counts[cell]! += weight;
    this.#sums[slot]! += amount;
    if (traceId !== undefined) this.#exemplars.set(cell, traceId, observed, this.around.now());
  }

  #grow(slots: number): void {
    this.#sums = grown(this.#sums, slots);
    this.#counts = grown(this.#counts, this.#sums.length * this.#width);
  }

  protected clear(slot: number): void {
    const from = slot * this.#width;
    this.#sums[slot] = 0;
    this.#counts.fill(0, from, from + this.#width);
    this.#exemplars.clear(from, from + this.#width);
  }

  protected lines(slot: number, labels: string, format: ExpositionFormat, created: string | undefined): string {
    const { name } = this.definition;
    const isOpen = format === "openmetrics";
    const start = `${name}_bucket{${labels}${labels === "" ? "" : ","}`;
    let text = "";
    let count = 0;
    for (let i = 0, cell = slot * this.#width; i < this.#width; i++, cell++) {
      count += this.#counts[cell]!;
      text += `${start}${this.#ends[i]}${count}${isOpen ? this.#exemplars.text(cell) : ""}\n`;
    }
    // OpenMetrics forbids sum and count beside negative bounds, where a sum may fall ("Histogram").
    if (!isOpen || !(this.#bounds[0]! < 0)) {
      text += `${sampleName(`${name}_sum`, labels)} ${formatValue(this.#sums[slot]!)}\n`;
      text += `${sampleName(`${name}_count`, labels)} ${count}\n`;
    }
    return created === undefined ? text : `${text}${sampleName(`${name}_created`, labels)} ${created}\n`;
  }
}

/** The first bucket whose upper bound is not below the value. */
function bucketOf(bounds: Float64Array, value: number): number {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (bounds[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

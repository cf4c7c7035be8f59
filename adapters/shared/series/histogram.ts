import type { MetricInstance, PointData, PointExemplar } from "../../../schemas/model/instance.ts";
import type { MetricDefinition } from "./definition.ts";
import { Exemplars } from "./exemplars.ts";
import { Extremes } from "./extremes.ts";
import { grown } from "./grown.ts";
import { MetricBase, type Surroundings } from "./metric.ts";
import { foreignTuple } from "./series.ts";

/** Distributions in fixed buckets. Counts are kept for each bucket alone and added up when written. */
export class Histogram extends MetricBase {
  readonly kind = "histogram";
  readonly #bounds: Float64Array;
  /** Buckets of a series, `+Inf` included. */
  readonly width: number;
  #counts: Float64Array<ArrayBuffer>;
  #sums = new Float64Array(64);
  readonly #extremes: Extremes | undefined;
  /** By slot times width plus bucket. */
  readonly exemplars = new Exemplars();

  constructor(definition: MetricDefinition, maxSeries: number, around: Surroundings) {
    super(definition, maxSeries, around);
    this.#bounds = Float64Array.from(definition.bounds);
    this.width = definition.bounds.length + 1;
    this.#counts = new Float64Array(64 * this.width);
    this.#extremes = around.withExtremes ? new Extremes() : undefined;
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
    const cell = slot * this.width + bucketOf(this.#bounds, observed);
    this.#counts[cell]! += weight;
    this.#sums[slot]! += amount;
    if (this.#extremes !== undefined) this.#extremes.add(slot, observed);
    if (traceId !== undefined) this.exemplars.set(cell, traceId, observed, this.around.now());
  }

  #grow(slots: number): void {
    this.#sums = grown(this.#sums, slots);
    this.#counts = grown(this.#counts, this.#sums.length * this.width);
  }

  protected clear(slot: number): void {
    const from = slot * this.width;
    this.#sums[slot] = 0;
    this.#extremes?.clear(slot);
    this.#counts.fill(0, from, from + this.width);
    this.exemplars.clear(from, from + this.width);
  }

  dataOf(slot: number): PointData {
    const buckets = Array.from(this.#counts.subarray(slot * this.width, (slot + 1) * this.width));
    const count = buckets.reduce((sum, each) => sum + each, 0);
    const { bounds } = this.definition;
    return { kind: "histogram", count, sum: this.#sums[slot]!, ...this.#extremes?.of(slot), bounds, buckets };
  }

  /** Lets the least and the greatest value begin anew. */
  resetExtremes(slot: number): void {
    this.#extremes?.clear(slot);
  }

  takeExemplars(slot: number): readonly PointExemplar[] {
    return this.exemplars.take(slot * this.width, (slot + 1) * this.width);
  }

  /** Counts of the buckets of all series, each alone: by slot times width plus bucket. */
  get counts(): Float64Array {
    return this.#counts;
  }

  /** The sum of a series' values. */
  sumOf(slot: number): number {
    return this.#sums[slot]!;
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

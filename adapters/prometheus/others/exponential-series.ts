import type { ExponentialBuckets, MetricPoint } from "../../shared/otlp/metric-point.ts";
import type { Bounds } from "./bounds.ts";
import { BucketSeries } from "./histogram-series.ts";
import type { Refusal } from "./series.ts";

/** Four bounds for each power of two, at the finest: a value is known to a tenth. */
const finestScale = 2;
/** Coarser ones cannot come of real values: one bucket would hold all. */
const coarsestScale = -10;
/** Bounds on either side of zero; where there would be more, they are taken together by twos. */
const maxBounds = 80;

/** The bucket that an index is in where all are taken together by twos, so many times. */
const coarser = (index: number, shift: number): number => Math.floor(index / 2 ** shift);

/** Buckets on one side of zero: counts by index, and all indexes there ever were. */
class Half {
  readonly counts = new Map<number, number>();
  low = Number.POSITIVE_INFINITY;
  high = Number.NEGATIVE_INFINITY;

  /** Adds buckets that are finer than these by so many powers of two. */
  add({ offset, counts }: ExponentialBuckets, shift: number): void {
    for (let i = 0; i < counts.length; i++) {
      if (counts[i] === 0) continue;
      const index = coarser(offset + i, shift);
      this.counts.set(index, (this.counts.get(index) ?? 0) + counts[i]!);
      this.low = Math.min(this.low, index);
      this.high = Math.max(this.high, index);
    }
  }

  /** By how many buckets these would widen it, before any are taken together. */
  growthWith({ offset, counts }: ExponentialBuckets, shift: number): number {
    const first = counts.findIndex((count) => count > 0);
    if (first < 0) return 0;
    const last = counts.findLastIndex((count) => count > 0);
    const low = Math.min(this.low, coarser(offset + first, shift));
    const high = Math.max(this.high, coarser(offset + last, shift));
    return Math.min(maxBounds, high - low + 1) - Math.min(maxBounds, this.width);
  }

  coarsen(shift: number): void {
    const before = [...this.counts];
    this.counts.clear();
    for (const [fine, count] of before) {
      const index = coarser(fine, shift);
      this.counts.set(index, (this.counts.get(index) ?? 0) + count);
    }
    this.low = coarser(this.low, shift);
    this.high = coarser(this.high, shift);
  }

  get width(): number {
    return this.low > this.high ? 0 : this.high - this.low + 1;
  }
}

/**
 * An exponential histogram as one with bounds, which text formats have: bounds are powers of two and their roots, the same for all series, so
 * that their buckets can be summed up. They are taken together where they are finer than four for each power of two, or too many; bounds
 * that were shown stay, unless they become coarser.
 */
export class ExponentialSeries extends BucketSeries {
  #scale = finestScale;
  readonly #positive = new Half();
  readonly #negative = new Half();
  #zeroCount = 0;
  #zeroThreshold = 0;
  #shown: { readonly bounds: Bounds; readonly counts: readonly number[] } | undefined;

  get lines(): number {
    return this.#positive.width + this.#negative.width + 4;
  }

  protected buckets() {
    this.#shown ??= this.#toBuckets();
    return this.#shown;
  }

  protected add(point: MetricPoint, isDelta: boolean, room: number): Refusal | undefined {
    const { scale, positive, negative, zeroCount, zeroThreshold, sum } = point;
    if (scale < coarsestScale) return "buckets";
    this.#coarsenTo(Math.min(scale, this.#scale));
    const shift = Math.min(31, scale - this.#scale);
    const growth = this.#positive.growthWith(positive, shift) + this.#negative.growthWith(negative, shift);
    if (growth > Math.max(0, room)) return "series_budget";
    if (!isDelta) this.#empty();
    this.#positive.add(positive, shift);
    this.#negative.add(negative, shift);
    while (Math.max(this.#positive.width, this.#negative.width) > maxBounds) this.#coarsenTo(this.#scale - 1);
    this.#zeroCount += zeroCount;
    this.#zeroThreshold = Math.max(this.#zeroThreshold, zeroThreshold);
    this.addSum(sum, isDelta);
    this.#shown = undefined;
    if (point.exemplars.length > 0) this.keepExemplars(point, this.buckets().bounds.values);
    return undefined;
  }

  #empty(): void {
    this.#positive.counts.clear();
    this.#negative.counts.clear();
    this.#zeroCount = 0;
  }

  #coarsenTo(scale: number): void {
    const shift = this.#scale - scale;
    if (shift <= 0) return;
    this.#positive.coarsen(shift);
    this.#negative.coarsen(shift);
    this.#scale = scale;
    this.exemplars.clear();
  }

  /** Bucket i lies above base^i, up to base^(i+1); below zero it is the other way round. */
  #toBuckets() {
    const bounds: number[] = [];
    const counts: number[] = [];
    let waiting = 0;
    const push = (bound: number, count: number) => {
      waiting += count;
      if (!Number.isFinite(bound) || bound <= (bounds.at(-1) ?? Number.NEGATIVE_INFINITY)) return;
      bounds.push(bound);
      counts.push(waiting);
      waiting = 0;
    };
    for (let i = this.#negative.high; i >= this.#negative.low; i--)
      push(-this.#power(i), this.#negative.counts.get(i) ?? 0);
    const { low, high } = this.#positive;
    push(this.#zeroThreshold, this.#zeroCount);
    for (let i = low; i <= high; i++) push(this.#power(i + 1), this.#positive.counts.get(i) ?? 0);
    return { bounds: this.table.of(bounds), counts: [...counts, waiting] };
  }

  #power(index: number): number {
    return 2 ** (index * 2 ** -this.#scale);
  }
}

import type { ByteReader, ByteWriter } from "./varint.ts";

/** Relative error of every quantile. A little below the promised 1 %, so that rounding cannot reach it. */
export const relativeError = 0.0099;

const gamma = (1 + relativeError) / (1 - relativeError);
const logGamma = Math.log(gamma);

/** One more than the highest bin: values up to 2^63 fit, so nothing ever has to be collapsed. */
export const binCount = 2304;

const estimates = Float64Array.from({ length: binCount }, (_, bin) =>
  bin === 0 ? 0 : (2 * gamma ** (bin - 1)) / (gamma + 1),
);

/** The bin of a value: 0 for 0, else the b with gamma^(b-2) < value <= gamma^(b-1); values below 1 share bin 1. */
export function binOf(value: number): number {
  if (value <= 0) return 0;
  if (value <= 1) return 1;
  const bin = 1 + Math.ceil(Math.log(value) / logGamma);
  return bin < binCount ? bin : binCount - 1;
}

/**
 * A mergeable quantile sketch: DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with
 * relative-error guarantees", PVLDB 12(12), 2019), with logarithmic bins of one fixed layout for values 1..2^63 and a
 * bin for 0. The layout is bounded by itself (about 2200 bins), so no bins are collapsed and merging is exact addition:
 * any order and grouping of merges gives the same bins. count, sum, min and max are exact.
 */
export class Sketch {
  count = 0;
  sum = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  /** Counts of the bins from `#first` on. */
  #bins: Float64Array = new Float64Array(0);
  #first = 0;

  /** Adds a value that counts `weight` times. */
  add(value: number, weight = 1): void {
    this.addSummary(value * weight, value, value);
    this.addBin(binOf(value), weight);
  }

  /** Adds what is known beside the bins: sum, smallest, largest. */
  addSummary(sum: number, min: number, max: number): void {
    this.sum += sum;
    if (min < this.min) this.min = min;
    if (max > this.max) this.max = max;
  }

  /** Adds to one bin. */
  addBin(bin: number, count: number): void {
    const index = bin - this.#first;
    if (index < 0 || index >= this.#bins.length) this.#widen(bin);
    this.#bins[bin - this.#first]! += count;
    this.count += count;
  }

  /** Adds everything that another sketch holds. */
  merge(other: Sketch): void {
    this.addSummary(other.sum, other.min, other.max);
    other.eachBin((bin, count) => this.addBin(bin, count));
  }

  /** Calls back for each bin that is not empty, ascending. */
  eachBin(visit: (bin: number, count: number) => void): void {
    for (let index = 0; index < this.#bins.length; index++) {
      const count = this.#bins[index]!;
      if (count !== 0) visit(index + this.#first, count);
    }
  }

  /** The value at rank ceil(percent * n / 100), 1-based, within 1 %; undefined if nothing was added. */
  quantile(percent: number): number | undefined {
    if (this.count === 0) return undefined;
    const rank = Math.max(1, Math.ceil((percent * this.count) / 100));
    let seen = 0;
    for (let index = 0; index < this.#bins.length; index++) {
      seen += this.#bins[index]!;
      if (seen >= rank) return Math.min(this.max, Math.max(this.min, estimates[index + this.#first]!));
    }
    return this.max;
  }

  /** The mean; undefined if nothing was added. */
  mean(): number | undefined {
    return this.count === 0 ? undefined : this.sum / this.count;
  }

  /** Empties the sketch, keeping its memory. */
  clear(): void {
    this.#bins.fill(0);
    this.count = 0;
    this.sum = 0;
    this.min = Number.POSITIVE_INFINITY;
    this.max = Number.NEGATIVE_INFINITY;
  }

  #widen(bin: number): void {
    const spare = 32;
    const empty = this.#bins.length === 0;
    const first = Math.max(0, empty ? bin - spare : Math.min(this.#first, bin - spare));
    const last = Math.min(binCount, empty ? bin + spare : Math.max(this.#first + this.#bins.length, bin + spare));
    const bins = new Float64Array(last - first);
    bins.set(this.#bins, empty ? 0 : this.#first - first);
    this.#bins = bins;
    this.#first = first;
  }
}

/** Writes a sketch that is not empty: sum, min, max - min, number of bins, then each bin's distance to the one before and its count. */
export function writeSketch(writer: ByteWriter, sketch: Sketch): void {
  writer.number(sketch.sum);
  writer.number(sketch.min);
  writer.number(sketch.max - sketch.min);
  let bins = 0;
  sketch.eachBin(() => {
    bins++;
  });
  writer.uint(bins);
  let previous = 0;
  sketch.eachBin((bin, count) => {
    writer.uint(bin - previous);
    writer.number(count);
    previous = bin;
  });
}

/** Reads what writeSketch wrote and adds it to `into`. */
export function mergeSketch(reader: ByteReader, into: Sketch): void {
  const sum = reader.number();
  const min = reader.number();
  into.addSummary(sum, min, min + reader.number());
  const bins = reader.uint();
  let bin = 0;
  for (let index = 0; index < bins; index++) {
    bin += reader.uint();
    if (bin >= binCount) throw new RangeError(`bin ${bin} of a sketch is beyond ${binCount}`);
    into.addBin(bin, reader.number());
  }
}

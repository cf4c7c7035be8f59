import type { ByteReader, ByteWriter } from "./varint.ts";

/** Relative error of every quantile. A little below the promised 1 %, so that rounding cannot reach it. */
export const relativeError = 0.0099;

const gamma = (1 + relativeError) / (1 - relativeError);
const logGamma = Math.log(gamma);

/** One more than the highest bin: values up to 2^63 fit, so nothing ever has to be collapsed. */
export const binCount = 2304;

/** Bins made beside those that are needed, because durations of one kind lie close together. */
const minSpare = 40;

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
  /** Counts of the bins from `first` on. */
  bins: Float64Array = new Float64Array(0);
  first = 0;

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
    this.reserve(bin, bin);
    this.bins[bin - this.first]! += count;
    this.count += count;
  }

  /** Adds everything that another sketch holds. */
  merge(other: Sketch): void {
    this.addSummary(other.sum, other.min, other.max);
    if (other.bins.length === 0) return;
    this.reserve(other.first, other.first + other.bins.length - 1);
    const shift = other.first - this.first;
    for (let index = 0; index < other.bins.length; index++) this.bins[index + shift]! += other.bins[index]!;
    this.count += other.count;
  }

  /** The value at rank ceil(percent * n / 100), 1-based, within 1 %; undefined if nothing was added. */
  quantile(percent: number): number | undefined {
    if (this.count === 0) return undefined;
    const rank = Math.max(1, Math.ceil((percent * this.count) / 100));
    let seen = 0;
    for (let index = 0; index < this.bins.length; index++) {
      seen += this.bins[index]!;
      if (seen >= rank) return Math.min(this.max, Math.max(this.min, estimates[index + this.first]!));
    }
    return this.max;
  }

  /** The mean; undefined if nothing was added. */
  mean(): number | undefined {
    return this.count === 0 ? undefined : this.sum / this.count;
  }

  /** Empties the sketch, keeping its memory. */
  clear(): void {
    this.bins.fill(0);
    this.count = 0;
    this.sum = 0;
    this.min = Number.POSITIVE_INFINITY;
    this.max = Number.NEGATIVE_INFINITY;
  }

  /** Makes room for the bins of a range. */
  reserve(from: number, to: number): void {
    const end = this.first + this.bins.length;
    if (this.bins.length > 0 && from >= this.first && to < end) return;
    const lowest = this.bins.length === 0 ? from : Math.min(this.first, from);
    const highest = Math.max(to + 1, end);
    const spare = Math.max(minSpare, highest - lowest);
    const first = Math.max(0, lowest - spare);
    const bins = new Float64Array(Math.min(binCount, highest + spare) - first);
    if (this.bins.length > 0) bins.set(this.bins, this.first - first);
    this.bins = bins;
    this.first = first;
  }
}

/**
 * Writes a sketch that is not empty:
 *
 *   sketch = sum:number min:number (max - min):number shape:uint first:uint (last - first):uint counts
 *   shape  = 2 * bins that are not empty, + 1 if counts are dense
 *   counts = dense: a number for every bin from first to last; else for each bin that is not empty its distance to the one
 *            before (the first: 0) as uint and a number
 */
export function writeSketch(writer: ByteWriter, sketch: Sketch): void {
  const { bins, first } = sketch;
  let low = 0;
  while (bins[low] === 0) low++;
  let high = bins.length - 1;
  while (bins[high] === 0) high--;
  let filled = 0;
  for (let index = low; index <= high; index++) if (bins[index] !== 0) filled++;
  const isDense = filled * 2 > high - low;
  writer.number(sketch.sum);
  writer.number(sketch.min);
  writer.number(sketch.max - sketch.min);
  writer.uint(filled * 2 + (isDense ? 1 : 0));
  writer.uint(first + low);
  writer.uint(high - low);
  if (isDense) {
    for (let index = low; index <= high; index++) writer.number(bins[index]!);
    return;
  }
  let previous = low;
  for (let index = low; index <= high; index++) {
    if (bins[index] === 0) continue;
    writer.uint(index - previous);
    writer.number(bins[index]!);
    previous = index;
  }
}

/** Reads what writeSketch wrote and adds it to `into`. */
export function mergeSketch(reader: ByteReader, into: Sketch): void {
  const sum = reader.number();
  const min = reader.number();
  into.addSummary(sum, min, min + reader.number());
  const shape = reader.uint();
  const first = reader.uint();
  const span = reader.uint();
  if (first + span >= binCount) throw new RangeError(`bin ${first + span} of a sketch is beyond ${binCount}`);
  into.reserve(first, first + span);
  const at = first - into.first;
  if (shape % 2 === 1) mergeDense(reader, into, at, at + span);
  else mergeSparse(reader, into, at, shape / 2);
}

function mergeDense(reader: ByteReader, into: Sketch, from: number, to: number): void {
  const { bins } = into;
  let total = 0;
  for (let index = from; index <= to; index++) {
    const count = reader.number();
    bins[index]! += count;
    total += count;
  }
  into.count += total;
}

function mergeSparse(reader: ByteReader, into: Sketch, from: number, filled: number): void {
  const { bins } = into;
  let index = from;
  let total = 0;
  for (let left = filled; left > 0; left--) {
    index += reader.uint();
    const count = reader.number();
    bins[index]! += count;
    total += count;
  }
  into.count += total;
}

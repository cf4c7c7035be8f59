import { BinTable } from "./bin-table.ts";
import { binOf } from "./sketch.ts";

/** Places of a row's numbers; times in milliseconds since the epoch, durations in nanoseconds. */
export const field = {
  requests: 0,
  errors: 1,
  bytesIn: 2,
  bytesOut: 3,
  opened: 4,
  closed: 5,
  durationSum: 6,
  durationMin: 7,
  durationMax: 8,
  firstSeen: 9,
  lastSeen: 10,
  slowestDuration: 11,
  slowestAt: 12,
  errorDuration: 13,
  errorAt: 14,
} as const;

/** Numbers in a row. */
export const rowWidth = 15;

/** A request with a trace, worth keeping as an example. */
export interface TakenExemplar {
  readonly row: number;
  readonly kind: "slowest" | "error";
  readonly at: number;
  /** Nanoseconds; undefined where the entry had none. */
  readonly duration: number | undefined;
  readonly traceId: string;
}

/** The contents of a bucket, on their way to the store. Arrays may be longer than `rows`. */
export interface TakenBucket {
  /** Start, in seconds since the epoch. */
  readonly start: number;
  readonly rows: number;
  /** Series by row. */
  readonly series: Int32Array;
  /** `rowWidth` numbers for each row. */
  readonly numbers: Float64Array;
  readonly binKeys: Int32Array;
  readonly binCounts: Float64Array;
  readonly exemplars: readonly TakenExemplar[];
}

/** How much a bucket starts with, so that a busy one need not grow often. */
export interface BucketSize {
  readonly rows: number;
  readonly bins: number;
}

const maxExemplars = 1024;

/** Sums of one time bucket by series, in typed arrays that only grow. */
export class OpenBucket {
  readonly start: number;
  /** When it is to be written, in milliseconds since the epoch. */
  readonly dueMs: number;
  rows = 0;
  #series: Int32Array;
  #numbers: Float64Array;
  #bins: BinTable;
  /** Row + 1 by series; clean again once the bucket is taken. */
  readonly rowOf: Int32Array;
  #slowestTraces: (string | undefined)[] = [];
  #errorTraces: (string | undefined)[] = [];

  /** `rowOf` is as long as there can be series, and all 0. */
  constructor(start: number, dueMs: number, rowOf: Int32Array, size: BucketSize) {
    this.start = start;
    this.dueMs = dueMs;
    this.#series = new Int32Array(size.rows);
    this.#numbers = new Float64Array(size.rows * rowWidth);
    this.#bins = new BinTable(size.bins * 2);
    this.rowOf = rowOf;
  }

  /** What was needed, as a hint for the next bucket. */
  get size(): BucketSize {
    return { rows: this.rows, bins: this.#bins.size };
  }

  /** The numbers of all rows; they move when a row is added. */
  get numbers(): Float64Array {
    return this.#numbers;
  }

  /** Where the numbers of a series start. */
  offsetOf(series: number): number {
    const row = this.rowOf[series]! - 1;
    return (row < 0 ? this.#addRow(series) : row) * rowWidth;
  }

  /** Adds a duration in nanoseconds to the row at `offset`. */
  addDuration(offset: number, duration: number, weight: number): void {
    const numbers = this.#numbers;
    numbers[offset + field.durationSum]! += duration * weight;
    if (duration < numbers[offset + field.durationMin]!) numbers[offset + field.durationMin] = duration;
    if (duration > numbers[offset + field.durationMax]!) numbers[offset + field.durationMax] = duration;
    this.#bins.add(offset / rowWidth, binOf(duration), weight);
  }

  /** Keeps the trace of the slowest request, and of the newest error. `duration` is -1 where there is none. */
  addTrace(offset: number, traceId: string, at: number, duration: number, isError: boolean): void {
    const numbers = this.#numbers;
    const row = offset / rowWidth;
    if (duration > numbers[offset + field.slowestDuration]!) {
      numbers[offset + field.slowestDuration] = duration;
      numbers[offset + field.slowestAt] = at;
      this.#slowestTraces[row] = traceId;
    }
    if (isError && at >= numbers[offset + field.errorAt]!) {
      numbers[offset + field.errorDuration] = duration;
      numbers[offset + field.errorAt] = at;
      this.#errorTraces[row] = traceId;
    }
  }

  /** Hands the contents over; the bucket must not be used any more. */
  take(): TakenBucket {
    for (let row = 0; row < this.rows; row++) this.rowOf[this.#series[row]!] = 0;
    return this.#contents();
  }

  /** A copy of the contents, for a query. */
  copy(): TakenBucket {
    const contents = this.#contents();
    return {
      ...contents,
      series: contents.series.slice(0, contents.rows),
      numbers: contents.numbers.slice(0, contents.rows * rowWidth),
      binKeys: contents.binKeys.slice(),
      binCounts: contents.binCounts.slice(),
    };
  }

  #contents(): TakenBucket {
    return {
      start: this.start,
      rows: this.rows,
      series: this.#series,
      numbers: this.#numbers,
      binKeys: this.#bins.keys,
      binCounts: this.#bins.counts,
      exemplars: this.#exemplars(),
    };
  }

  #addRow(series: number): number {
    if (this.rows === this.#series.length) this.#grow();
    const row = this.rows++;
    this.#series[row] = series;
    this.rowOf[series] = row + 1;
    const offset = row * rowWidth;
    this.#numbers[offset + field.durationMin] = Number.POSITIVE_INFINITY;
    this.#numbers[offset + field.durationMax] = Number.NEGATIVE_INFINITY;
    this.#numbers[offset + field.firstSeen] = Number.POSITIVE_INFINITY;
    this.#numbers[offset + field.slowestDuration] = -1;
    return row;
  }

  #grow(): void {
    const series = new Int32Array(Math.max(64, this.#series.length * 2));
    series.set(this.#series);
    this.#series = series;
    const numbers = new Float64Array(series.length * rowWidth);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
  }

  /** Errors first, then the slowest, within a limit. */
  #exemplars(): TakenExemplar[] {
    const taken: TakenExemplar[] = [];
    const collect = (
      traces: readonly (string | undefined)[],
      kind: TakenExemplar["kind"],
      at: number,
      from: number,
    ) => {
      for (let row = 0; row < traces.length && taken.length < maxExemplars; row++) {
        const traceId = traces[row];
        if (traceId === undefined) continue;
        const duration = this.#numbers[row * rowWidth + from]!;
        const when = this.#numbers[row * rowWidth + at]!;
        taken.push({ row, kind, at: when, duration: duration < 0 ? undefined : duration, traceId });
      }
    };
    collect(this.#errorTraces, "error", field.errorAt, field.errorDuration);
    collect(this.#slowestTraces, "slowest", field.slowestAt, field.slowestDuration);
    return taken;
  }
}

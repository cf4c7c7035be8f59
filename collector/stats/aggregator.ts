import { slotOf } from "../../schemas/attributes/vocabulary.ts";
import type { AttributeRecord } from "../../schemas/model/record.ts";
import { isTimestamp, type Value } from "../../schemas/model/value.ts";
import { type BucketSize, field, OpenBucket, type TakenBucket } from "./open-bucket.ts";
import { type Retention, widths } from "./retention.ts";
import { definitionWidth, type SeriesBudget, SeriesTable } from "./series-table.ts";

const slot = {
  signal: slotOf("context.signal"),
  protocol: slotOf("context.protocol"),
  reporter: slotOf("context.reporter.kind"),
  method: slotOf("request.method"),
  cluster: slotOf("upstream.cluster"),
  weight: slotOf("context.weight"),
  requestSize: slotOf("request.size"),
  responseSize: slotOf("response.size"),
  duration: slotOf("response.duration"),
  end: slotOf("response.time"),
  event: slotOf("connection.event"),
  opened: slotOf("connection.opened"),
  received: slotOf("connection.received.bytes"),
  sent: slotOf("connection.sent.bytes"),
  traceId: slotOf("trace.id"),
  sampled: slotOf("trace.sampled"),
} as const;

const maxWeight = 1e9;
const maxTraceIdLength = 64;
const maxSpare = 16;
const lateSize: BucketSize = { rows: 8, bins: 16 };
/** A table this full is rebuilt from the series still in use. */
const crowded = 0.9;

/** What the aggregator is told. */
export interface AggregatorOptions {
  readonly budget: SeriesBudget;
  readonly retention: Retention;
  /** Buckets open at once, late ones included. */
  readonly maxOpenBuckets: number;
  /** How long after its end a bucket stays open, and a late one after its first record. */
  readonly graceMs: number;
  /** Series unused for this long leave a crowded table. */
  readonly idleMs: number;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Seed of the hash tables. */
  readonly seed: number;
  /** Called when no more buckets may be opened: the chance to take some out. */
  makeRoom(): void;
}

/** New series since the last call: texts by id from `firstText` on, and `definitionWidth` numbers for each series. */
export interface Definitions {
  /** Counts rebuilds; ids of one generation mean nothing in another. */
  readonly generation: number;
  readonly texts: readonly (string | undefined)[];
  readonly series: Int32Array;
}

/** Gives records that statistics will be told of, to a visitor. */
export type Pending = (visit: (record: AttributeRecord) => void) => void;

/** What happened to records, beside being counted in a bucket. */
export interface AggregatorCounters {
  /** Records counted. */
  recorded: number;
  /** Records whose end lay in the future: counted at arrival. */
  future: number;
  /** Records whose end lay beyond retention: counted at arrival. */
  expired: number;
  /** Late records that found no room for their bucket: counted at arrival. */
  crowdedOut: number;
  /** Records of a series beyond the budget: counted in an overflow row. */
  overflowed: number;
  /** Texts beyond the budget: counted as `{other}`. */
  overflowedTexts: number;
}

const amount = (value: Value | undefined): number => {
  if (typeof value === "number") return value > 0 ? value : 0;
  return typeof value === "bigint" && value > 0n ? Number(value) : 0;
};

/**
 * Whether a span tells of a request from one process to another: work within one, and calls of databases and queues, are none. A
 * proxy's span of a single attempt, which has a cluster and no method, tells of a request that another of its spans tells of.
 */
const isRequest = (values: AttributeRecord["values"]): boolean =>
  values[slot.protocol] !== undefined &&
  values[slot.reporter] !== undefined &&
  (values[slot.method] !== undefined || values[slot.cluster] === undefined);

const durationOf = (value: Value | undefined): number => {
  if (typeof value === "number") return value;
  return typeof value === "bigint" ? Number(value) : -1;
};

/** Sums records into open time buckets. One for each intake; everything else happens in the store's thread. */
export class Aggregator {
  readonly #options: AggregatorOptions;
  #table: SeriesTable;
  #generation = 0;
  #sentTexts = 0;
  #sentSeries = 0;
  /** Start of the last bucket that used a series. */
  #used: Float64Array;
  readonly #buckets = new Map<number, OpenBucket>();
  #current: OpenBucket | undefined;
  readonly #spare: Int32Array[] = [];
  #size: BucketSize = lateSize;
  #end = 0;
  #rebuiltMs: number;
  readonly #counters = { recorded: 0, future: 0, expired: 0, crowdedOut: 0 };
  #overflowed = 0;
  #overflowedTexts = 0;
  /** What is summed is not counted. */
  #isApart = false;

  constructor(options: AggregatorOptions) {
    this.#options = options;
    this.#table = new SeriesTable(options.budget, options.seed);
    this.#used = new Float64Array(this.#table.capacity);
    this.#rebuiltMs = options.now();
  }

  /** Adds one record. On the record path: nothing is allocated, except for a series or bucket met for the first time. */
  record(record: AttributeRecord): void {
    const { values } = record;
    const signal = values[slot.signal];
    if (signal === "check" || signal === "limit" || (signal === "span" && !isRequest(values))) return;
    const isTcp = values[slot.protocol] === "tcp";
    if (!isTcp && !record.final) return;
    const series = this.#table.idOf(values, isTcp);
    const bucket = this.#bucketOf(values[slot.end]);
    const offset = bucket.offsetOf(series);
    const { numbers } = bucket;
    const weight = this.#weight(values[slot.weight]);
    const end = this.#end;
    if (end < numbers[offset + field.firstSeen]!) numbers[offset + field.firstSeen] = end;
    if (end > numbers[offset + field.lastSeen]!) numbers[offset + field.lastSeen] = end;
    this.#counters.recorded++;
    if (isTcp) this.#addConnection(numbers, offset, values, weight);
    else this.#addRequest(bucket, offset, values, weight, this.#table.errors[series] === 1);
  }

  /** Takes out the buckets that are due. */
  takeDue(nowMs: number): TakenBucket[] {
    const due = [...this.#buckets.values()].filter(({ dueMs }) => dueMs <= nowMs);
    return due.length === 0 ? [] : this.#take(due);
  }

  /** Takes out the buckets that came late, due or not. */
  takeLate(nowMs: number): TakenBucket[] {
    return this.#take([...this.#buckets.values()].filter(({ start }) => (start + widths.base) * 1000 <= nowMs));
  }

  /** Takes out all buckets. */
  takeAll(): TakenBucket[] {
    return this.#take([...this.#buckets.values()]);
  }

  /** Copies of the open buckets, for a query, with what is `pending`: records that will be counted only later. */
  copies(pending: Pending = () => {}): TakenBucket[] {
    return [...[...this.#buckets.values()].map((bucket) => bucket.copy()), ...this.#sumApart(pending)];
  }

  /** Sums records in buckets of their own, and forgets that it did. */
  #sumApart(pending: Pending): TakenBucket[] {
    const open = [...this.#buckets];
    const counted = { ...this.#counters };
    const table = this.#table;
    const { overflowed } = table;
    const overflowedTexts = table.strings.overflowed;
    this.#buckets.clear();
    this.#current = undefined;
    this.#isApart = true;
    try {
      pending((record) => this.record(record));
      return this.#take([...this.#buckets.values()]);
    } finally {
      this.#isApart = false;
      this.#buckets.clear();
      for (const [start, bucket] of open) this.#buckets.set(start, bucket);
      Object.assign(this.#counters, counted);
      table.overflowed = overflowed;
      table.strings.overflowed = overflowedTexts;
    }
  }

  /** Whether the tables are crowded and were not rebuilt for a while. */
  isCrowded(nowMs: number): boolean {
    return this.#table.fill >= crowded && nowMs - this.#rebuiltMs >= this.#options.idleMs;
  }

  /** Makes room by dropping series unused for a while. All buckets must have been taken. */
  rebuild(nowMs: number): void {
    if (this.#buckets.size > 0) throw new Error("rebuild with open buckets");
    const old = this.#table;
    const oldUsed = this.#used;
    this.#overflowed += old.overflowed;
    this.#overflowedTexts += old.strings.overflowed;
    this.#table = new SeriesTable(this.#options.budget, this.#options.seed + this.#generation + 1);
    for (let id = 0; id < old.size; id++) {
      if (oldUsed[id]! * 1000 >= nowMs - this.#options.idleMs) this.#table.adopt(old, id);
    }
    this.#used = new Float64Array(this.#table.capacity).fill(nowMs / 1000);
    this.#rebuiltMs = nowMs;
    this.forgetSent();
  }

  /** Makes the next definitions whole again, for a store that lost the former ones. */
  forgetSent(): void {
    this.#generation++;
    this.#sentTexts = 0;
    this.#sentSeries = 0;
  }

  /** What the store does not know yet. */
  definitions(): Definitions {
    const table = this.#table;
    const texts = table.strings.texts.slice(this.#sentTexts);
    const series = new Int32Array((table.size - this.#sentSeries) * definitionWidth);
    for (let id = this.#sentSeries; id < table.size; id++) {
      table.define(id, series, (id - this.#sentSeries) * definitionWidth);
    }
    this.#sentTexts = table.strings.texts.length;
    this.#sentSeries = table.size;
    return { generation: this.#generation, texts, series };
  }

  /** Totals since the start. */
  counters(): AggregatorCounters {
    const table = this.#table;
    return {
      ...this.#counters,
      overflowed: this.#overflowed + table.overflowed,
      overflowedTexts: this.#overflowedTexts + table.strings.overflowed,
    };
  }

  /** Series in use and buckets open now. */
  get gauges(): { readonly series: number; readonly openBuckets: number } {
    return { series: this.#table.size, openBuckets: this.#buckets.size };
  }

  #addRequest(bucket: OpenBucket, offset: number, values: AttributeRecord["values"], weight: number, error: boolean) {
    const { numbers } = bucket;
    numbers[offset + field.requests]! += weight;
    if (error) numbers[offset + field.errors]! += weight;
    numbers[offset + field.bytesIn]! += amount(values[slot.requestSize]) * weight;
    numbers[offset + field.bytesOut]! += amount(values[slot.responseSize]) * weight;
    const duration = durationOf(values[slot.duration]);
    if (duration >= 0) bucket.addDuration(offset, duration, weight);
    const traceId = values[slot.traceId];
    if (typeof traceId !== "string" || values[slot.sampled] === false || traceId.length > maxTraceIdLength) return;
    bucket.addTrace(offset, traceId, this.#end, duration, error);
  }

  #addConnection(numbers: Float64Array, offset: number, values: AttributeRecord["values"], weight: number) {
    if (values[slot.opened] === true) numbers[offset + field.opened]! += weight;
    if (values[slot.event] === "close") numbers[offset + field.closed]! += weight;
    numbers[offset + field.bytesIn]! += amount(values[slot.received]) * weight;
    numbers[offset + field.bytesOut]! += amount(values[slot.sent]) * weight;
  }

  #weight(value: Value | undefined): number {
    return typeof value === "number" && value > 0 && value <= maxWeight ? value : 1;
  }

  /** The bucket of a record's end; sets `#end` to the time it is counted at, in milliseconds. */
  #bucketOf(end: Value | undefined): OpenBucket {
    if (!isTimestamp(end)) return this.#arrivalBucket();
    this.#end = end.seconds * 1000 + end.nanos / 1e6;
    const start = end.seconds - (end.seconds % widths.base);
    if (this.#current?.start === start) return this.#current;
    const known = this.#buckets.get(start);
    if (known !== undefined) {
      this.#current = known;
      return known;
    }
    return this.#openBucket(start);
  }

  #openBucket(start: number): OpenBucket {
    const nowMs = this.#options.now();
    const age = nowMs / 1000 - start;
    if (!(age >= 0)) {
      this.#counters.future++;
      return this.#arrivalBucket();
    }
    const width = this.#options.retention.widthAt(age);
    if (width === undefined) {
      this.#counters.expired++;
      return this.#arrivalBucket();
    }
    const aligned = start - (start % width);
    const known = this.#buckets.get(aligned);
    if (known !== undefined) return known;
    if (this.#buckets.size >= this.#options.maxOpenBuckets && !this.#isApart) this.#options.makeRoom();
    if (this.#buckets.size >= this.#options.maxOpenBuckets) {
      this.#counters.crowdedOut++;
      return this.#arrivalBucket();
    }
    return this.#add(aligned, nowMs);
  }

  #arrivalBucket(): OpenBucket {
    const nowMs = this.#options.now();
    this.#end = nowMs;
    const seconds = Math.floor(nowMs / 1000);
    const start = seconds - (seconds % widths.base);
    return this.#buckets.get(start) ?? this.#add(start, nowMs);
  }

  #add(start: number, nowMs: number): OpenBucket {
    const endMs = (start + widths.base) * 1000;
    const due = Math.max(endMs, nowMs) + this.#options.graceMs;
    const rowOf = this.#spare.pop() ?? new Int32Array(this.#table.capacity);
    const bucket = new OpenBucket(start, due, rowOf, endMs > nowMs ? this.#size : lateSize);
    this.#buckets.set(start, bucket);
    return bucket;
  }

  #take(buckets: readonly OpenBucket[]): TakenBucket[] {
    this.#current = undefined;
    return buckets.map((bucket) => {
      this.#buckets.delete(bucket.start);
      const taken = bucket.take();
      for (let row = 0; row < taken.rows; row++) {
        const series = taken.series[row]!;
        if (bucket.start > this.#used[series]!) this.#used[series] = bucket.start;
      }
      if (this.#spare.length < maxSpare) this.#spare.push(bucket.rowOf);
      if (bucket.rows > lateSize.rows) this.#size = bucket.size;
      return taken;
    });
  }
}

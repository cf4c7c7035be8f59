import { WireCursor } from "./wire-cursor.ts";

/** The kinds of data of a metric, by their fields. */
export const dataKinds = { 5: "gauge", 7: "sum", 9: "histogram", 10: "exponential", 11: "summary" } as const;

/** The kind of data of a metric. */
export type DataKind = (typeof dataKinds)[keyof typeof dataKinds];

/** Fields of the points of each kind; the times have the same numbers in all, and those that are left out are not there. */
const fields = {
  gauge: { attributes: 7, exemplars: 5, flags: 8 },
  sum: { attributes: 7, exemplars: 5, flags: 8 },
  histogram: { attributes: 9, exemplars: 8, flags: 10 },
  exponential: { attributes: 1, exemplars: 11, flags: 10 },
  summary: { attributes: 7, exemplars: -1, flags: 8 },
} as const satisfies Record<DataKind, object>;

/** One half of an exponential histogram: counts of the buckets from index `offset` on. */
export interface ExponentialBuckets {
  offset: number;
  readonly counts: number[];
}

/** A trace that a value of a point came from. */
export interface TraceExemplar {
  /** Lower-case hex; empty where there is none. */
  readonly traceId: string;
  readonly spanId: string;
  readonly value: number;
  readonly timeMs: number;
}

/** The flag of a point that says that its series has ended. */
const noRecordedValue = 1;

/** One data point of any kind over its bytes. One object serves one point after the other; what a kind does not have keeps its zero. */
export class MetricPoint {
  kind: DataKind = "gauge";
  startMs = 0;
  timeMs = 0;
  /** Undefined where the point says none. */
  value: number | undefined;
  count = 0;
  sum: number | undefined;
  readonly counts: number[] = [];
  readonly bounds: number[] = [];
  scale = 0;
  zeroCount = 0;
  zeroThreshold = 0;
  readonly positive: ExponentialBuckets = { offset: 0, counts: [] };
  readonly negative: ExponentialBuckets = { offset: 0, counts: [] };
  /** Quantiles and their values by turns. */
  readonly quantiles: number[] = [];
  /** The series ends here. */
  hasEnded = false;
  /** The bytes of all attributes as Latin-1: the same for the same attributes in the same order. */
  attributesKey = "";
  readonly exemplars: TraceExemplar[] = [];
  readonly #cursor = new WireCursor();
  readonly #inner = new WireCursor();
  readonly #attributeRanges: number[] = [];

  /** Turns to the point that a cursor is at. */
  read(outer: WireCursor, kind: DataKind): void {
    this.#reset(kind);
    const cursor = this.#cursor.within(outer);
    const { attributes, exemplars, flags } = fields[kind];
    while (cursor.next()) {
      const { field } = cursor;
      if (field === attributes) this.#attributeRanges.push(cursor.start, cursor.end);
      else if (field === exemplars) this.#exemplar();
      else if (field === flags) this.hasEnded = (cursor.varint() & noRecordedValue) !== 0;
      else if (field === 2) this.startMs = cursor.fixed64() / 1e6;
      else if (field === 3) this.timeMs = cursor.fixed64() / 1e6;
      else if (kind === "gauge" || kind === "sum") this.#number(field);
      else if (field === 4) this.count = cursor.fixed64();
      else if (field === 5) this.sum = cursor.double();
      else if (kind === "histogram") this.#histogram(field);
      else if (kind === "exponential") this.#exponential(field);
      else if (field === 6) this.#quantile();
    }
    this.attributesKey = this.#keyOf();
  }

  /** Calls back with each attribute as a cursor at its KeyValue. */
  eachAttribute(visit: (attribute: WireCursor) => void): void {
    const { bytes } = this.#cursor;
    for (let i = 0; i < this.#attributeRanges.length; i += 2)
      visit(this.#inner.enter(bytes, this.#attributeRanges[i]!, this.#attributeRanges[i + 1]!));
  }

  #reset(kind: DataKind): void {
    this.kind = kind;
    this.startMs = 0;
    this.timeMs = 0;
    this.value = undefined;
    this.count = 0;
    this.sum = undefined;
    this.scale = 0;
    this.zeroCount = 0;
    this.zeroThreshold = 0;
    this.positive.offset = 0;
    this.negative.offset = 0;
    this.hasEnded = false;
    for (const list of [this.counts, this.bounds, this.quantiles, this.exemplars, this.#attributeRanges])
      list.length = 0;
    this.positive.counts.length = 0;
    this.negative.counts.length = 0;
  }

  #keyOf(): string {
    const { buffer, byteOffset } = this.#cursor.bytes;
    const ranges = this.#attributeRanges;
    let key = "";
    for (let i = 0; i < ranges.length; i += 2)
      key += `${Buffer.from(buffer, byteOffset + ranges[i]!, ranges[i + 1]! - ranges[i]!).toString("latin1")};`;
    return key;
  }

  #number(field: number): void {
    if (field === 4) this.value = this.#cursor.double();
    else if (field === 6) this.value = this.#cursor.sfixed64();
  }

  #histogram(field: number): void {
    const cursor = this.#cursor;
    if (field === 6) for (let at = cursor.start; at < cursor.end; at += 8) this.counts.push(cursor.fixed64(at));
    else if (field === 7) for (let at = cursor.start; at < cursor.end; at += 8) this.bounds.push(cursor.double(at));
  }

  #exponential(field: number): void {
    if (field === 6) this.scale = this.#cursor.sint32();
    else if (field === 7) this.zeroCount = this.#cursor.fixed64();
    else if (field === 8) this.#buckets(this.positive);
    else if (field === 9) this.#buckets(this.negative);
    else if (field === 14) this.zeroThreshold = this.#cursor.double();
  }

  /** Buckets: offset = 1, bucket_counts = 2. */
  #buckets(into: ExponentialBuckets): void {
    const inner = this.#inner.within(this.#cursor);
    while (inner.next()) {
      if (inner.field === 1) into.offset = inner.sint32();
      else if (inner.field === 2) inner.varints(into.counts);
    }
  }

  /** ValueAtQuantile: quantile = 1, value = 2. */
  #quantile(): void {
    const inner = this.#inner.within(this.#cursor);
    let quantile = 0;
    let value = 0;
    while (inner.next()) {
      if (inner.field === 1) quantile = inner.double();
      else if (inner.field === 2) value = inner.double();
    }
    this.quantiles.push(quantile, value);
  }

  /** Exemplar: time = 2, as_double = 3, span_id = 4, trace_id = 5, as_int = 6. Those without a trace are passed over. */
  #exemplar(): void {
    const inner = this.#inner.within(this.#cursor);
    const hex = () => Buffer.from(inner.bytes.subarray(inner.start, inner.end)).toString("hex");
    let [traceId, spanId, value, timeMs] = ["", "", 0, 0];
    while (inner.next()) {
      if (inner.field === 2) timeMs = inner.fixed64() / 1e6;
      else if (inner.field === 3) value = inner.double();
      else if (inner.field === 4) spanId = hex();
      else if (inner.field === 5) traceId = hex();
      else if (inner.field === 6) value = inner.sfixed64();
    }
    if (traceId.length === 32) this.exemplars.push({ traceId, spanId, value, timeMs });
  }
}

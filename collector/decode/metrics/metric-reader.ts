import { type ProtoReader, wire } from "../reader.ts";

/** What of io.prometheus.client.Metric holds a value. */
export type HeldKind = "gauge" | "counter" | "summary" | "untyped" | "histogram";

const kinds: Readonly<Record<number, HeldKind>> = {
  2: "gauge",
  3: "counter",
  4: "summary",
  5: "untyped",
  7: "histogram",
};

/** One metric of a family. Lists hold pairs by turns: of labels start and end of each; of quantiles their values; of buckets cumulative count and bound. */
export interface HeldMetric {
  readonly kind: HeldKind | undefined;
  readonly timestampMs: number;
  /** When counting began; 0 if that was not said. */
  readonly startMs: number;
  readonly value: number;
  readonly count: number;
  readonly sum: number;
  readonly labels: readonly number[];
  readonly pairs: readonly number[];
}

/** Most labels, buckets or quantiles of one metric. */
const maxPairs = 4096;

type Draft = {
  -readonly [Key in keyof HeldMetric]: Key extends "labels" | "pairs" ? number[] : HeldMetric[Key];
};

/** Metric: label = 1, gauge = 2, counter = 3, summary = 4, untyped = 5, timestamp_ms = 6, histogram = 7. Reads the one that fills the reader's range. */
export function readHeldMetric(reader: ProtoReader): HeldMetric {
  const metric: Draft = {
    ...{ kind: undefined, timestampMs: 0, startMs: 0, value: 0, count: 0, sum: 0 },
    ...{ labels: [], pairs: [] },
  };
  while (reader.more) {
    const tag = reader.tag();
    const field = tag >>> 3;
    const kind = kinds[field];
    if (field === 6 && (tag & 7) === wire.varint) metric.timestampMs = Number(reader.int64());
    else if ((tag & 7) !== wire.bytes || (field !== 1 && kind === undefined)) reader.skip(tag & 7);
    else {
      const outer = reader.enter();
      if (kind === undefined) readLabel(reader, metric);
      else {
        metric.kind = kind;
        readHeld(reader, kind, metric);
      }
      reader.leave(outer);
    }
  }
  if (metric.labels.length + metric.pairs.length > 2 * maxPairs) reader.fail("limit");
  return metric;
}

function readLabel(reader: ProtoReader, { labels }: Draft): void {
  labels.push(reader.pos, reader.end);
  reader.pos = reader.end;
}

/**
 * Gauge, Untyped: value = 1. Counter: value = 1, start_timestamp = 3. Summary: sample_count = 1, sample_sum = 2, quantile = 3, start_timestamp = 4.
 * Histogram: sample_count = 1, sample_sum = 2, bucket = 3, start_timestamp = 15.
 */
function readHeld(reader: ProtoReader, kind: HeldKind, metric: Draft): void {
  const isSimple = kind === "gauge" || kind === "untyped" || kind === "counter";
  const startField = { counter: 3, summary: 4, histogram: 15, gauge: 0, untyped: 0 }[kind];
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 9 && isSimple) metric.value = reader.double();
    else if (tag === 8 && !isSimple) metric.count = Number(reader.uint64() ?? 0);
    else if (tag === 17 && !isSimple) metric.sum = reader.double();
    else if ((tag & 7) !== wire.bytes || (tag >>> 3 !== startField && (isSimple || tag !== 26))) reader.skip(tag & 7);
    else {
      const outer = reader.enter();
      if (tag >>> 3 === startField) metric.startMs = readTimestamp(reader);
      else readPair(reader, metric.pairs);
      reader.leave(outer);
    }
  }
}

/** Quantile: quantile = 1, value = 2. Bucket: cumulative_count = 1, upper_bound = 2. */
function readPair(reader: ProtoReader, pairs: number[]): void {
  let first = 0;
  let second = 0;
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 9) first = reader.double();
    else if (tag === 8) first = Number(reader.uint64() ?? 0);
    else if (tag === 17) second = reader.double();
    else reader.skip(tag & 7);
  }
  pairs.push(first, second);
}

/** google.protobuf.Timestamp: seconds = 1, nanos = 2. */
function readTimestamp(reader: ProtoReader): number {
  let ms = 0;
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 8) ms += Number(reader.int64()) * 1000;
    else if (tag === 16) ms += reader.varint() / 1e6;
    else reader.skip(tag & 7);
  }
  return ms;
}

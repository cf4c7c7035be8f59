import { ProtoReader, readText, wire } from "../reader.ts";

/** A number that a proxy keeps, at a moment. */
export interface MetricSample {
  /** Envoy's own name, such as `access_logs.grpc_access_log.logs_written`. */
  readonly name: string;
  readonly kind: "counter" | "gauge" | "untyped";
  /** Its tags, where the proxy sends them as labels. */
  readonly labels: Readonly<Record<string, string>> | undefined;
  readonly value: number;
  /** When it was read, in milliseconds since the epoch; 0 if that was not said. */
  readonly timestampMs: number;
}

/** Where the families of a StreamMetricsMessage are: envoy_metrics = 2. */
export function* eachFamily(bytes: Buffer): Generator<readonly [start: number, end: number]> {
  const reader = new ProtoReader().reset(bytes, 0, bytes.length);
  while (reader.more) {
    const tag = reader.tag();
    if (tag !== 2 * 8 + wire.bytes) {
      reader.skip(tag & 7);
      continue;
    }
    const end = reader.length() + reader.pos;
    yield [reader.pos, end];
    reader.pos = end;
  }
}

/** Field numbers in Metric, and what they hold. */
const kinds: Readonly<Record<number, MetricSample["kind"]>> = { 2: "gauge", 3: "counter", 5: "untyped" };

/**
 * MetricFamily: name = 1, metric = 4. Gives its samples one by one; summaries and histograms are passed over. The kind is told by
 * the field that is set, as the type (3) is 0 for counters and may be left out. Gives back whether all of it could be read.
 */
export function* readFamily(bytes: Buffer, start: number, end: number): Generator<MetricSample, boolean> {
  const reader = new ProtoReader().reset(bytes, start, end);
  const name = nameOf(reader, bytes);
  if (reader.fault !== undefined) return false;
  reader.reset(bytes, start, end);
  while (reader.more) {
    const tag = reader.tag();
    const sample = tag === tagOf(4) ? readMetric(reader, bytes, name) : reader.skip(tag & 7);
    if (sample) yield sample;
  }
  return reader.fault === undefined;
}

function nameOf(reader: ProtoReader, bytes: Buffer): string {
  let name = "";
  while (reader.more) {
    const tag = reader.tag();
    if (tag === tagOf(1)) name = readText(reader, bytes);
    else reader.skip(tag & 7);
  }
  return name;
}

/** Metric: label = 1, gauge = 2, counter = 3, untyped = 5, timestamp_ms = 6; undefined if it is none of these or broken. */
function readMetric(reader: ProtoReader, bytes: Buffer, name: string): MetricSample | undefined {
  const outer = reader.enter();
  let labels: Record<string, string> | undefined;
  let kind: MetricSample["kind"] | undefined;
  let value = 0;
  let timestampMs = 0;
  while (reader.more) {
    const tag = reader.tag();
    const field = tag >>> 3;
    if (tag === tagOf(1)) {
      labels ??= Object.create(null) as Record<string, string>;
      readLabel(reader, bytes, labels);
    } else if (kinds[field] !== undefined && (tag & 7) === wire.bytes) {
      kind = kinds[field];
      value = readValue(reader);
    } else if (field === 6 && (tag & 7) === wire.varint) timestampMs = Number(reader.int64());
    else reader.skip(tag & 7);
  }
  reader.leave(outer);
  if (kind !== undefined && reader.fault === undefined) return { name, kind, labels, value, timestampMs };
}

/** LabelPair: name = 1, value = 2. */
function readLabel(reader: ProtoReader, bytes: Buffer, labels: Record<string, string>): void {
  const outer = reader.enter();
  let name = "";
  let value = "";
  while (reader.more) {
    const tag = reader.tag();
    if (tag === tagOf(1)) name = readText(reader, bytes);
    else if (tag === tagOf(2)) value = readText(reader, bytes);
    else reader.skip(tag & 7);
  }
  reader.leave(outer);
  labels[name] = value;
}

/** Counter, Gauge and Untyped: value = 1, a double that is left out where it is 0. */
function readValue(reader: ProtoReader): number {
  const outer = reader.enter();
  let value = 0;
  while (reader.more) {
    const tag = reader.tag();
    if (tag === (1 << 3) + wire.fixed64) value = reader.double();
    else reader.skip(tag & 7);
  }
  reader.leave(outer);
  return value;
}

function tagOf(field: number): number {
  return field * 8 + wire.bytes;
}

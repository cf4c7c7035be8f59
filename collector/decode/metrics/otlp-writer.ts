import { ByteWriter, wire } from "../../../schemas/model/byte-writer.ts";

/** Times of a point, in milliseconds since the epoch; 0 is not known. */
export interface PointTimes {
  readonly startMs: number;
  readonly timeMs: number;
}

/** Labels of a point, by name. */
export type Labels = readonly (readonly [name: string, value: string])[];

/** Kinds of metrics of OTLP that proxies' statistics become: the field of their data. */
export const otlpFields = { gauge: 5, sum: 7, histogram: 9, summary: 11 } as const;

/** Temporalities of OTLP. */
export const temporality = { delta: 1, cumulative: 2 } as const;

/** Metrics of OTLP of one name: their points, and what stands behind them. */
export interface MetricDraft {
  readonly name: string;
  readonly field: (typeof otlpFields)[keyof typeof otlpFields];
  /** Undefined where the kind has none. */
  readonly temporality: number | undefined;
  /** Places of the points that were written: start and end by turns. */
  readonly points: number[];
}

/** KeyValue: key = 1, value = 2 AnyValue { string_value = 1 }. */
function writeAttribute(writer: ByteWriter, field: number, key: string, value: string): void {
  const pair = writer.begin(field);
  writer.text(1, key);
  const any = writer.begin(2);
  writer.text(1, value);
  writer.end(any);
  writer.end(pair);
}

/**
 * Writes metrics as ExportMetricsServiceRequest: one resource, and one scope that nobody named. Points are written first, one by one into a list of
 * places, and put into metrics when the request is made.
 */
export class OtlpMetricWriter {
  readonly #request = new ByteWriter();
  readonly #points = new ByteWriter();

  /** A request of one resource, of all points since the last one. */
  request(resource: ReadonlyMap<string, string>, metrics: Iterable<MetricDraft>): Uint8Array<ArrayBuffer> {
    const writer = this.#request.reset();
    const outer = writer.begin(1);
    const attributes = writer.begin(1);
    for (const [key, value] of resource) writeAttribute(writer, 1, key, value);
    writer.end(attributes);
    const scope = writer.begin(2);
    const points = this.#points.toBytes();
    this.#points.reset();
    for (const metric of metrics) writeMetric(writer, metric, points);
    writer.end(scope);
    writer.end(outer);
    return writer.toBytes();
  }

  /** NumberDataPoint: as_double = 4, attributes = 7. */
  number(into: number[], times: PointTimes, labels: Labels, value: number): void {
    const writer = this.#begin(into, times);
    writeDouble(writer, 4, value);
    for (const [key, text] of labels) writeAttribute(writer, 7, key, text);
    into.push(writer.length);
  }

  /** HistogramDataPoint: count = 4, sum = 5, bucket_counts = 6, explicit_bounds = 7, attributes = 9. */
  histogram(
    into: number[],
    times: PointTimes,
    labels: Labels,
    { count, sum, counts, bounds }: Readonly<{ count: number; sum: number; counts: number[]; bounds: number[] }>,
  ): void {
    const writer = this.#begin(into, times);
    writeFixed64(writer, 4, count);
    writeDouble(writer, 5, sum);
    const buckets = writer.begin(6);
    for (const each of counts) writer.fixed64(each % 0x1_0000_0000, Math.floor(each / 0x1_0000_0000));
    writer.end(buckets);
    const limits = writer.begin(7);
    for (const bound of bounds) writer.double(bound);
    writer.end(limits);
    for (const [key, text] of labels) writeAttribute(writer, 9, key, text);
    into.push(writer.length);
  }

  /** SummaryDataPoint: count = 4, sum = 5, quantile_values = 6 { quantile = 1, value = 2 }, attributes = 7. */
  summary(
    into: number[],
    times: PointTimes,
    labels: Labels,
    { count, sum, quantiles }: Readonly<{ count: number; sum: number; quantiles: readonly number[] }>,
  ): void {
    const writer = this.#begin(into, times);
    writeFixed64(writer, 4, count);
    writeDouble(writer, 5, sum);
    for (let i = 0; i < quantiles.length; i += 2) {
      const pair = writer.begin(6);
      writeDouble(writer, 1, quantiles[i]!);
      writeDouble(writer, 2, quantiles[i + 1]!);
      writer.end(pair);
    }
    for (const [key, text] of labels) writeAttribute(writer, 7, key, text);
    into.push(writer.length);
  }

  /** Every kind of point: start_time_unix_nano = 2, time_unix_nano = 3. */
  #begin(into: number[], { startMs, timeMs }: PointTimes): ByteWriter {
    const writer = this.#points;
    into.push(writer.length);
    writeTime(writer, 2, startMs);
    writeTime(writer, 3, timeMs);
    return writer;
  }
}

/** Metric: name = 1; in its data data_points = 1, aggregation_temporality = 2, is_monotonic = 3. */
function writeMetric(writer: ByteWriter, metric: MetricDraft, points: Uint8Array): void {
  const { name, field, temporality: kept, points: places } = metric;
  const outer = writer.begin(2);
  writer.text(1, name);
  const data = writer.begin(field);
  for (let i = 0; i < places.length; i += 2) writer.bytes(1, points.subarray(places[i], places[i + 1]));
  if (kept !== undefined) writeVarint(writer, 2, kept);
  if (field === otlpFields.sum) writeVarint(writer, 3, 1);
  writer.end(data);
  writer.end(outer);
}

function writeVarint(writer: ByteWriter, field: number, value: number): void {
  writer.tag(field, wire.varint);
  writer.varint(value);
}

function writeDouble(writer: ByteWriter, field: number, value: number): void {
  writer.tag(field, wire.fixed64);
  writer.double(value);
}

/** A whole number from 0 to 2^53. */
function writeFixed64(writer: ByteWriter, field: number, value: number): void {
  writer.tag(field, wire.fixed64);
  writer.fixed64(value % 0x1_0000_0000, Math.floor(value / 0x1_0000_0000));
}

/** Milliseconds as nanoseconds, in two steps, since these are beyond 2^53. */
function writeTime(writer: ByteWriter, field: number, ms: number): void {
  if (!(ms > 0 && ms < 18_446_744_073_709)) return;
  const whole = Math.round(ms);
  const upper = Math.floor(whole / 0x1_0000) * 1e6;
  const lower = (whole % 0x1_0000) * 1e6 + (upper % 0x1_0000) * 0x1_0000;
  writer.tag(field, wire.fixed64);
  writer.fixed64(lower % 0x1_0000_0000, Math.floor(upper / 0x1_0000) + Math.floor(lower / 0x1_0000_0000));
}

import type { PointData, PointExemplar, PointInstance } from "../../../schemas/model/instance.ts";
import { writeAttributes } from "./attributes.ts";
import { ByteWriter, wire } from "./byte-writer.ts";
import type { Encoder } from "./encoder.ts";
import { type ResourceAttributes, writeEnvelope } from "./envelope.ts";
import { toTimestamp, writeId, writeNumber, writeText, writeTime } from "./fields.ts";

type HistogramData = Extract<PointData, { kind: "histogram" }>;

/** Turns points into the body of an OTLP export request, grouped by metric: all of one resource, the hub. */
export function createMetricEncoder(resource: ResourceAttributes): Encoder<PointInstance> {
  const writer = new ByteWriter();
  return {
    encode(batch) {
      writeEnvelope(writer.reset(), resource, () => {
        for (const points of Map.groupBy(batch, metricOf).values()) writeMetric(writer, points);
      });
      return writer.toBytes();
    },
    sizeOf(point) {
      writeMetric(writer.reset(), [point]);
      return writer.length;
    },
  };
}

/** What the points of one metric have in common. */
function metricOf({ name, unit, help, temporality, data }: PointInstance): string {
  return JSON.stringify([name, unit, help, temporality, data.kind]);
}

/** Fields of Metric that hold its points, and what follows them there. */
const containers = { gauge: 5, counter: 7, histogram: 9 } as const;
const temporalities = { delta: 1, cumulative: 2 } as const;

/**
 * Metric: name = 1, description = 2, unit = 3, gauge = 5, sum = 7, histogram = 9, each with data_points = 1;
 * Sum and Histogram: aggregation_temporality = 2; Sum: is_monotonic = 3.
 */
function writeMetric(writer: ByteWriter, points: readonly PointInstance[]): void {
  const { name, help = "", unit = "", data, temporality } = points[0]!;
  const metric = writer.begin(2);
  writeText(writer, 1, name);
  writeText(writer, 2, help);
  writeText(writer, 3, units.get(unit) ?? unit);
  const container = writer.begin(containers[data.kind]);
  for (const point of points) writePoint(writer, point);
  if (data.kind !== "gauge") writeNumber(writer, 2, temporalities[temporality]);
  if (data.kind === "counter") writeNumber(writer, 3, 1);
  writer.end(container);
  writer.end(metric);
}

/** Units as OTLP spells them (UCUM); others go as they are. */
const units: ReadonlyMap<string, string> = new Map([
  ["nanoseconds", "ns"],
  ["microseconds", "us"],
  ["milliseconds", "ms"],
  ["seconds", "s"],
  ["minutes", "min"],
  ["hours", "h"],
  ["days", "d"],
  ["bytes", "By"],
]);

/** The flag of a data point that has no value, because its series ended. */
const noRecordedValue = 1;

/** Both kinds of points: start_time_unix_nano = 2, time_unix_nano = 3; the rest has other numbers in each. */
function writePoint(writer: ByteWriter, point: PointInstance): void {
  const { data, ended = false, exemplars = [] } = point;
  const fields = data.kind === "histogram" ? histogramFields : numberFields;
  const start = writer.begin(1);
  writeTime(writer, 2, toTimestamp(point.startMs));
  writeTime(writer, 3, toTimestamp(point.timeMs));
  if (!ended && data.kind === "histogram") writeHistogram(writer, data);
  if (!ended && data.kind !== "histogram") writeDouble(writer, 4, data.value);
  for (const exemplar of exemplars) writeExemplar(writer, fields.exemplars, exemplar);
  writeAttributes(writer, fields.attributes, point.labels);
  writeNumber(writer, fields.flags, ended ? noRecordedValue : 0);
  writer.end(start);
}

const numberFields = { exemplars: 5, attributes: 7, flags: 8 } as const;
const histogramFields = { exemplars: 8, attributes: 9, flags: 10 } as const;

/** HistogramDataPoint: count = 4, sum = 5, bucket_counts = 6, explicit_bounds = 7, min = 11, max = 12. */
function writeHistogram(writer: ByteWriter, { count, sum, min, max, bounds, buckets }: HistogramData): void {
  writer.tag(4, wire.fixed64);
  writeFixed64(writer, count);
  // A sum is told of what is never below zero only, so that it can be taken for a counter.
  if (!(bounds[0]! < 0)) writeDouble(writer, 5, sum);
  const counts = writer.begin(6);
  for (const each of buckets) writeFixed64(writer, each);
  writer.end(counts);
  const limits = writer.begin(7);
  for (const bound of bounds) writer.double(bound);
  writer.end(limits);
  if (min !== undefined) writeDouble(writer, 11, min);
  if (max !== undefined) writeDouble(writer, 12, max);
}

/** Exemplar: time_unix_nano = 2, as_double = 3, trace_id = 5. Ids of 64 bits, as of Zipkin, are filled up with zeros. */
function writeExemplar(writer: ByteWriter, field: number, { traceId, value, timeMs }: PointExemplar): void {
  const start = writer.begin(field);
  writeTime(writer, 2, toTimestamp(timeMs));
  writeDouble(writer, 3, value);
  writeId(writer, 5, traceId.padStart(32, "0"), 32);
  writer.end(start);
}

function writeDouble(writer: ByteWriter, field: number, value: number): void {
  writer.tag(field, wire.fixed64);
  writer.double(value);
}

/** A whole number from 0 to 2^53 as eight bytes. */
function writeFixed64(writer: ByteWriter, value: number): void {
  writer.fixed64(value % 0x1_0000_0000, Math.floor(value / 0x1_0000_0000));
}

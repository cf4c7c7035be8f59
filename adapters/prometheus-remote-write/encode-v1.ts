import type { PointExemplar } from "../../schemas/model/instance.ts";
import { ByteWriter, wire } from "../shared/otlp/byte-writer.ts";
import { writeNumber, writeText } from "../shared/otlp/fields.ts";
import { exemplarLabel } from "../shared/series/exemplars.ts";
import { familyTypes, writeTime, writeValue } from "./fields.ts";
import { createLabelCache } from "./label-cache.ts";
import type { Family, Label, TimeSeries } from "./time-series.ts";

/** Writes a WriteRequest of remote write 1.0: timeseries = 1, metadata = 3. */
export function encodeV1(all: readonly TimeSeries[]): Uint8Array {
  const writer = new ByteWriter();
  const scratch = new ByteWriter();
  const piecesOf = createLabelCache((labels) => encodeLabels(scratch.reset(), labels));
  for (const series of all) writeSeries(writer, series, piecesOf(series));
  for (const family of new Map(all.map(({ family }) => [family.name, family])).values()) writeMetadata(writer, family);
  return writer.toBytes();
}

/** TimeSeries: labels = 1, samples = 2 { value = 1, timestamp = 2 }, exemplars = 3. */
function writeSeries(writer: ByteWriter, { samples, exemplars }: TimeSeries, labels: readonly Uint8Array[]): void {
  const start = writer.begin(1);
  for (const piece of labels) writer.raw(piece);
  for (const sample of samples) {
    const begun = writer.begin(2);
    writeValue(writer, sample);
    writeTime(writer, 2, sample.timeMs);
    writer.end(begun);
  }
  for (const exemplar of exemplars) writeExemplar(writer, exemplar);
  writer.end(start);
}

function encodeLabels(writer: ByteWriter, labels: readonly Label[]): Uint8Array {
  for (const label of labels) writeLabel(writer, label);
  return writer.toBytes();
}

/** Label: name = 1, value = 2. */
function writeLabel(writer: ByteWriter, [name, value]: Label): void {
  const start = writer.begin(1);
  writer.text(1, name);
  writer.text(2, value);
  writer.end(start);
}

/** Exemplar: labels = 1, value = 2, timestamp = 3. */
function writeExemplar(writer: ByteWriter, { traceId, value, timeMs }: PointExemplar): void {
  const start = writer.begin(3);
  writeLabel(writer, [exemplarLabel, traceId]);
  writer.tag(2, wire.fixed64);
  writer.double(value);
  writeTime(writer, 3, timeMs);
  writer.end(start);
}

/** MetricMetadata: type = 1, metric_family_name = 2, help = 4, unit = 5. */
function writeMetadata(writer: ByteWriter, { name, type, help, unit }: Family): void {
  const start = writer.begin(3);
  writeNumber(writer, 1, familyTypes[type]);
  writer.text(2, name);
  writeText(writer, 4, help);
  writeText(writer, 5, unit);
  writer.end(start);
}

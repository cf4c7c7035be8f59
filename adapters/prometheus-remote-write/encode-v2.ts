import type { PointExemplar } from "../../schemas/model/instance.ts";
import { ByteWriter, wire } from "../shared/otlp/byte-writer.ts";
import { writeNumber } from "../shared/otlp/fields.ts";
import { exemplarLabel } from "../shared/series/exemplars.ts";
import { familyTypes, writeTime, writeValue } from "./fields.ts";
import { createLabelCache } from "./label-cache.ts";
import type { Family, Label, TimeSeries } from "./time-series.ts";

/** Writes a Request of remote write 2.0: symbols = 4, timeseries = 5. Texts stand in the symbols, each once, and are referred to by number. */
export function encodeV2(all: readonly TimeSeries[]): Uint8Array {
  const symbols = new Symbols();
  const body = new ByteWriter();
  const piecesOf = createLabelCache((labels) => symbols.refsOf(labels));
  for (const series of all) writeSeries(body, symbols, series, piecesOf(series).flat());
  const writer = new ByteWriter();
  for (const text of symbols.texts) writer.text(4, text);
  writer.raw(body.toBytes());
  return writer.toBytes();
}

/** Numbers texts in the order in which they come; 0 is the empty one. */
class Symbols {
  readonly #numbers = new Map<string, number>([["", 0]]);

  get texts(): Iterable<string> {
    return this.#numbers.keys();
  }

  /** Numbers of names and values by turns. */
  refsOf(labels: readonly Label[]): number[] {
    return labels.flatMap(([name, value]) => [this.numberOf(name), this.numberOf(value)]);
  }

  numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#numbers.size);
    return this.#numbers.size - 1;
  }
}

/** TimeSeries: labels_refs = 1, samples = 2 { value = 1, timestamp = 2, start_timestamp = 3 }, exemplars = 4, metadata = 5. */
function writeSeries(writer: ByteWriter, symbols: Symbols, series: TimeSeries, labels: readonly number[]): void {
  const { family, samples, exemplars } = series;
  const start = writer.begin(5);
  writeRefs(writer, labels);
  for (const sample of samples) {
    const begun = writer.begin(2);
    writeValue(writer, sample);
    writeTime(writer, 2, sample.timeMs);
    if (family.type !== "gauge") writeTime(writer, 3, sample.startMs);
    writer.end(begun);
  }
  for (const exemplar of exemplars) writeExemplar(writer, symbols, exemplar);
  writeMetadata(writer, symbols, family);
  writer.end(start);
}

/** Field 1 of series and exemplars: numbers of names and values by turns, packed. */
function writeRefs(writer: ByteWriter, refs: readonly number[]): void {
  const start = writer.begin(1);
  for (const ref of refs) writer.varint(ref);
  writer.end(start);
}

/** Exemplar: labels_refs = 1, value = 2, timestamp = 3. */
function writeExemplar(writer: ByteWriter, symbols: Symbols, { traceId, value, timeMs }: PointExemplar): void {
  const start = writer.begin(4);
  writeRefs(writer, symbols.refsOf([[exemplarLabel, traceId]]));
  writer.tag(2, wire.fixed64);
  writer.double(value);
  writeTime(writer, 3, timeMs);
  writer.end(start);
}

/** Metadata: type = 1, help_ref = 3, unit_ref = 4. */
function writeMetadata(writer: ByteWriter, symbols: Symbols, { type, help, unit }: Family): void {
  const start = writer.begin(5);
  writeNumber(writer, 1, familyTypes[type]);
  writeNumber(writer, 3, symbols.numberOf(help));
  writeNumber(writer, 4, symbols.numberOf(unit));
  writer.end(start);
}

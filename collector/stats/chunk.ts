import { crc32 } from "node:zlib";
import { binOf, mergeSketch, type Sketch, writeSketch } from "./sketch.ts";
import { ByteReader, ByteWriter } from "./varint.ts";

/**
 * A chunk holds the sums of one time bucket, in bytes:
 *
 *   chunk    = version:1 crc32:4 (of what follows) rows:uint row* exemplars:uint exemplar*
 *   row      = series:uint (distance to the one before) length:uint (of what follows) present:1
 *              [requests] [errors] [bytesIn] [bytesOut] [opened closed] first last [duration | sketch]
 *   exemplar = series:uint kind:1 at:uint trace:text [duration]
 *
 * Numbers are as ByteWriter writes them; times are milliseconds after the start of the bucket, last counted from first.
 * `present` says which of the parts in brackets are there. A single duration stands for its whole sketch.
 */
const version = 1;
const headerLength = 5;

const present = { requests: 1, errors: 2, bytesIn: 4, bytesOut: 8, connections: 16, sketch: 32, single: 64 } as const;
const exemplarKind = { slowest: 0, error: 1, withDuration: 2 } as const;

/** Sums that a row may hold. Times in milliseconds since the epoch, the sketch in nanoseconds. */
export class Row {
  requests = 0;
  errors = 0;
  bytesIn = 0;
  bytesOut = 0;
  opened = 0;
  closed = 0;
  first = Number.POSITIVE_INFINITY;
  last = Number.NEGATIVE_INFINITY;
  sketch: Sketch | undefined;
}

/** A request with a trace, worth keeping as an example. */
export interface Exemplar {
  readonly series: number;
  readonly kind: "slowest" | "error";
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Nanoseconds; undefined where the entry had none. */
  readonly duration: number | undefined;
  readonly traceId: string;
}

/** Thrown when the bytes of a chunk are not what was written. */
export class DamagedChunk extends Error {}

/** Writes rows, which must come in ascending order of series, and exemplars. */
export class ChunkWriter {
  readonly #startMs: number;
  readonly #rows = new ByteWriter(4096);
  readonly #row = new ByteWriter();
  #previous = 0;
  #count = 0;

  constructor(start: number) {
    this.#startMs = start * 1000;
  }

  /** Adds the row of a series. */
  add(series: number, row: Row): void {
    this.#row.clear();
    writeRow(this.#row, row, this.#startMs);
    this.#rows.uint(series - this.#previous);
    this.#rows.uint(this.#row.length);
    this.#rows.raw(this.#row.view());
    this.#previous = series;
    this.#count++;
  }

  /** The chunk. */
  finish(exemplars: readonly Exemplar[]): Uint8Array {
    const body = new ByteWriter(this.#rows.length + 64);
    body.uint(this.#count);
    body.raw(this.#rows.view());
    body.uint(exemplars.length);
    for (const exemplar of exemplars) writeExemplar(body, exemplar, this.#startMs);
    const chunk = Buffer.allocUnsafe(headerLength + body.length);
    chunk[0] = version;
    chunk.writeUInt32LE(crc32(body.view()), 1);
    chunk.set(body.view(), headerLength);
    return chunk;
  }
}

function writeRow(writer: ByteWriter, row: Row, startMs: number): void {
  const { sketch } = row;
  const single = sketch !== undefined && sketch.count === 1 && sketch.min === sketch.max && sketch.sum === sketch.min;
  let parts = single ? present.single : sketch !== undefined && sketch.count > 0 ? present.sketch : 0;
  if (row.requests !== 0) parts |= present.requests;
  if (row.errors !== 0) parts |= present.errors;
  if (row.bytesIn !== 0) parts |= present.bytesIn;
  if (row.bytesOut !== 0) parts |= present.bytesOut;
  if (row.opened !== 0 || row.closed !== 0) parts |= present.connections;
  writer.uint(parts);
  if (row.requests !== 0) writer.number(row.requests);
  if (row.errors !== 0) writer.number(row.errors);
  if (row.bytesIn !== 0) writer.number(row.bytesIn);
  if (row.bytesOut !== 0) writer.number(row.bytesOut);
  if (parts & present.connections) {
    writer.number(row.opened);
    writer.number(row.closed);
  }
  writeTimes(writer, row, startMs);
  if (single) writer.number(sketch.min);
  else if (parts & present.sketch) writeSketch(writer, sketch!);
}

/** Times are rounded to whole milliseconds: the first down, the last up. */
function writeTimes(writer: ByteWriter, { first, last }: Row, startMs: number): void {
  const start = Math.max(0, Math.floor(first - startMs));
  writer.uint(start);
  writer.uint(Math.max(0, Math.ceil(last - startMs) - start));
}

function writeExemplar(writer: ByteWriter, exemplar: Exemplar, startMs: number): void {
  const { duration } = exemplar;
  writer.uint(exemplar.series);
  writer.uint(exemplarKind[exemplar.kind] | (duration === undefined ? 0 : exemplarKind.withDuration));
  writer.uint(Math.max(0, Math.floor(exemplar.at - startMs)));
  writer.text(exemplar.traceId);
  if (duration !== undefined) writer.number(duration);
}

/** Reads a chunk row by row, without allocating. Throws DamagedChunk if it is not whole. */
export class ChunkReader {
  /** Of the row that `next` went to. */
  series = 0;
  requests = 0;
  errors = 0;
  bytesIn = 0;
  bytesOut = 0;
  opened = 0;
  closed = 0;
  first = 0;
  last = 0;
  readonly #reader: ByteReader;
  readonly #startMs: number;
  #left: number;
  #next: number;
  #parts = 0;

  constructor(start: number, chunk: Uint8Array) {
    if (chunk[0] !== version) throw new DamagedChunk(`a chunk of unknown version ${chunk[0]}`);
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (chunk.length < headerLength || crc32(chunk.subarray(headerLength)) !== view.getUint32(1, true)) {
      throw new DamagedChunk("the checksum of a chunk does not fit");
    }
    this.#startMs = start * 1000;
    this.#reader = new ByteReader(chunk, headerLength);
    this.#left = this.#reader.uint();
    this.#next = this.#reader.position;
  }

  /** Rows not yet read. */
  get rows(): number {
    return this.#left;
  }

  /** Goes to the next row and its series; false at the end. */
  next(): boolean {
    const reader = this.#reader;
    reader.position = this.#next;
    if (this.#left === 0) return false;
    this.#left--;
    this.series += reader.uint();
    const length = reader.uint();
    this.#next = reader.position + length;
    return true;
  }

  /** Reads the sums of the row; a row may be left unread. */
  read(): void {
    const reader = this.#reader;
    const parts = reader.uint();
    this.#parts = parts;
    this.requests = parts & present.requests ? reader.number() : 0;
    this.errors = parts & present.errors ? reader.number() : 0;
    this.bytesIn = parts & present.bytesIn ? reader.number() : 0;
    this.bytesOut = parts & present.bytesOut ? reader.number() : 0;
    this.opened = parts & present.connections ? reader.number() : 0;
    this.closed = parts & present.connections ? reader.number() : 0;
    this.first = this.#startMs + reader.uint();
    this.last = this.first + reader.uint();
  }

  /** Whether the row, once read, holds durations. */
  get hasSketch(): boolean {
    return (this.#parts & (present.sketch | present.single)) !== 0;
  }

  /** Adds the durations of the row, once read. */
  mergeSketch(into: Sketch): void {
    if (this.#parts & present.single) {
      const value = this.#reader.number();
      into.addSummary(value, value, value);
      into.addBin(binOf(value), 1);
    } else if (this.#parts & present.sketch) mergeSketch(this.#reader, into);
  }

  /** The exemplars, once all rows are passed. */
  exemplars(): Exemplar[] {
    const reader = this.#reader;
    const count = reader.uint();
    return Array.from({ length: count }, () => {
      const series = reader.uint();
      const kind = reader.uint();
      const at = this.#startMs + reader.uint();
      const traceId = reader.text();
      const duration = kind & exemplarKind.withDuration ? reader.number() : undefined;
      return { series, kind: kind & exemplarKind.error ? "error" : "slowest", at, duration, traceId };
    });
  }
}

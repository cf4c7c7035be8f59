import type { SpanValue } from "../../../schemas/model/span.ts";
import type { ByteCache } from "../byte-cache.ts";
import { decodeText, type ProtoReader, wire } from "../reader.ts";

/** Levels of lists and maps in one value; deeper ones are refused. */
export const maxDepth = 32;

/** Fields of AnyValue. */
const STRING = 10;
const BOOL = 16;
const INT = 24;
const DOUBLE = 33;
const ARRAY = 42;
const KVLIST = 50;
const BYTES = 58;

/**
 * Checks an AnyValue that fills the reader's range, to its last byte: oneof string_value = 1, bool_value = 2, int_value = 3,
 * double_value = 4, array_value = 5 { repeated AnyValue values = 1 }, kvlist_value = 6 { repeated KeyValue values = 1 },
 * bytes_value = 7. Deeper than `maxDepth` is the fault `limit`.
 */
export function checkAnyValue(reader: ProtoReader, depth: number): void {
  while (reader.more) {
    const tag = reader.tag();
    if (tag === STRING) reader.skip(wire.bytes);
    else if (tag === ARRAY || tag === KVLIST) {
      if (depth === maxDepth) {
        reader.fail("limit");
        return;
      }
      const outer = reader.enter();
      checkList(reader, tag === KVLIST, depth + 1);
      reader.leave(outer);
    } else if (tag >>> 3 <= 7 && !scalars.has(tag)) reader.fail(reader.fault ?? "wire_type");
    else reader.skip(tag & 7);
  }
}

const scalars: ReadonlySet<number> = new Set([BOOL, INT, DOUBLE, BYTES]);

function checkList(reader: ProtoReader, pairs: boolean, depth: number): void {
  while (reader.more) {
    const tag = reader.tag();
    if (tag !== 10) reader.skip(tag & 7);
    else {
      const outer = reader.enter();
      if (pairs) checkKeyValue(reader, depth);
      else checkAnyValue(reader, depth);
      reader.leave(outer);
    }
  }
}

/** Checks a KeyValue that fills the reader's range: key = 1, value = 2. */
export function checkKeyValue(reader: ProtoReader, depth: number): void {
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 18) {
      const outer = reader.enter();
      checkAnyValue(reader, depth);
      reader.leave(outer);
    } else if (tag >>> 3 <= 2 && (tag & 7) !== wire.bytes) reader.fail(reader.fault ?? "wire_type");
    else reader.skip(tag & 7);
  }
}

/** The scalar of a checked AnyValue that fills the reader's range, the last one if there are several; undefined for anything else. */
export function readScalar(reader: ProtoReader, texts: ByteCache<string> | undefined): SpanValue | undefined {
  let value: SpanValue | undefined;
  while (reader.more) {
    const tag = reader.tag();
    if (tag === STRING) value = readText(reader, texts);
    else if (tag === INT) value = reader.int64();
    else if (tag === BOOL) value = reader.bool();
    else if (tag === DOUBLE) value = reader.double();
    else {
      value = undefined;
      reader.skip(tag & 7);
    }
  }
  return value;
}

/** Text behind its tag; from the cache, if there is one. */
export function readText(reader: ProtoReader, texts: ByteCache<string> | undefined): string {
  const length = reader.length();
  const start = reader.pos;
  reader.pos += length;
  if (length === 0) return "";
  const bytes = reader.bytes as Buffer;
  return texts === undefined ? decodeText(bytes, start, reader.pos) : texts.get(bytes, start, reader.pos);
}

/** What a checked AnyValue says in words: a scalar, or the scalars of a list joined by commas; undefined for anything else. */
export function readWords(reader: ProtoReader, texts: ByteCache<string>): string | undefined {
  let words: string | undefined;
  while (reader.more) {
    const before = reader.pos;
    const tag = reader.tag();
    if (tag === ARRAY) {
      const outer = reader.enter();
      words = readItems(reader, texts).join(",");
      reader.leave(outer);
    } else {
      reader.skip(tag & 7);
      const end = reader.pos;
      const outer = reader.end;
      reader.pos = before;
      reader.end = end;
      const scalar = readScalar(reader, texts);
      reader.end = outer;
      words = scalar === undefined ? undefined : String(scalar);
    }
  }
  return words;
}

function readItems(reader: ProtoReader, texts: ByteCache<string>): string[] {
  const items: string[] = [];
  while (reader.more) {
    const tag = reader.tag();
    if (tag !== 10) {
      reader.skip(tag & 7);
      continue;
    }
    const outer = reader.enter();
    const value = readScalar(reader, texts);
    if (value !== undefined) items.push(String(value));
    reader.leave(outer);
  }
  return items;
}

import type { ByteCache } from "../byte-cache.ts";
import { ProtoReader } from "../reader.ts";

/** Where the message under a key is. */
export interface Found {
  readonly start: number;
  readonly end: number;
}

/**
 * The value under a key in the entries (all of the same field number) of a map<string, message>, the last of equal
 * keys; undefined if there is none.
 */
export function findInMap(
  bytes: Buffer,
  start: number,
  end: number,
  field: number,
  key: string,
  texts: ByteCache<string>,
): Found | undefined {
  const reader = new ProtoReader().reset(bytes, start, end);
  let found: Found | undefined;
  while (reader.more) {
    const tag = reader.tag();
    if (tag === field * 8 + 2) found = readEntry(reader, bytes, key, texts) ?? found;
    else reader.skip(tag & 7);
  }
  return found;
}

/** Map entry: key = 1, value = 2. */
function readEntry(reader: ProtoReader, bytes: Buffer, key: string, texts: ByteCache<string>): Found | undefined {
  const outer = reader.enter();
  let matches = key === "";
  let found: Found = { start: reader.pos, end: reader.pos };
  while (reader.more) {
    const tag = reader.tag();
    const length = tag === 10 || tag === 18 ? reader.length() : -1;
    const { pos } = reader;
    if (tag === 10) matches = texts.get(bytes, pos, pos + length) === key;
    else if (tag === 18) found = { start: pos, end: pos + length };
    if (length < 0) reader.skip(tag & 7);
    else reader.pos = pos + length;
  }
  reader.leave(outer);
  return matches ? found : undefined;
}

const structName = "google.protobuf.Struct";

/** The bytes of the Struct within a google.protobuf.Any; undefined for another type, `malformed` for broken bytes. */
export function structInAny(
  bytes: Buffer,
  { start, end }: Found,
  texts: ByteCache<string>,
): Found | "malformed" | undefined {
  const reader = new ProtoReader().reset(bytes, start, end);
  let isStruct = false;
  let found: Found = { start, end: start };
  while (reader.more) {
    const tag = reader.tag();
    const length = tag === 10 || tag === 18 ? reader.length() : -1;
    const { pos } = reader;
    if (tag === 10) isStruct = isStructUrl(texts.get(bytes, pos, pos + length));
    else if (tag === 18) found = { start: pos, end: pos + length };
    if (length < 0) reader.skip(tag & 7);
    else reader.pos = pos + length;
  }
  if (reader.fault !== undefined) return "malformed";
  return isStruct ? found : undefined;
}

/** Types are told by what follows the last slash. */
function isStructUrl(url: string): boolean {
  return url === structName || url.endsWith(`/${structName}`);
}

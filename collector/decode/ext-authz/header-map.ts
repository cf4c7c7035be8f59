import type { Json } from "../../../schemas/model/access-log.ts";
import type { ByteCache } from "../byte-cache.ts";
import { decodeText, ProtoReader } from "../reader.ts";

/** Headers of a HeaderMap as a map: names in lower case, values of a repeated one joined by commas. */
export function parseHeaderMap(
  bytes: Buffer,
  start: number,
  end: number,
  texts: ByteCache<string>,
): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  eachHeader(bytes, start, end, (key, value, raw) => {
    const name = texts.get(bytes, key.start, key.end).toLowerCase();
    const range = raw.end > raw.start ? raw : value;
    const text = decodeText(bytes, range.start, range.end);
    const before = headers.get(name);
    headers.set(name, before === undefined ? text : `${before},${text}`);
  });
  return headers;
}

/** The same as a list in the form of JSON, raw values in base64. */
export function headerMapToJson(bytes: Buffer, start: number, end: number): Json {
  const list: Json[] = [];
  eachHeader(bytes, start, end, (key, value, raw) => {
    const header: { [name: string]: Json } = {};
    if (key.end > key.start) header.key = decodeText(bytes, key.start, key.end);
    if (value.end > value.start) header.value = decodeText(bytes, value.start, value.end);
    if (raw.end > raw.start) header.rawValue = bytes.toString("base64", raw.start, raw.end);
    list.push(header);
  });
  return list.length === 0 ? {} : { headers: list };
}

interface Range {
  readonly start: number;
  readonly end: number;
}

const none: Range = { start: 0, end: 0 };

/** HeaderMap: repeated HeaderValue headers = 1 { key = 1, value = 2, raw_value = 3 }. */
function eachHeader(
  bytes: Buffer,
  start: number,
  end: number,
  take: (key: Range, value: Range, raw: Range) => void,
): void {
  const reader = new ProtoReader().reset(bytes, start, end);
  while (reader.more) {
    const tag = reader.tag();
    if (tag !== 10) {
      reader.skip(tag & 7);
      continue;
    }
    const outer = reader.enter();
    const ranges: [Range, Range, Range] = [none, none, none];
    while (reader.more) {
      const inner = reader.tag();
      const at = reader.pos;
      reader.skip(inner & 7);
      if (inner === 10 || inner === 18 || inner === 26) ranges[(inner >> 3) - 1] = rangeOf(bytes, at, reader.pos);
    }
    reader.leave(outer);
    take(...ranges);
  }
}

/** The bytes of a field without their length. */
function rangeOf(bytes: Buffer, start: number, end: number): Range {
  const reader = new ProtoReader().reset(bytes, start, end);
  reader.length();
  return { start: reader.pos, end };
}

import type { ByteCache } from "../byte-cache.ts";
import { isText, type MapScan } from "../map-scan.ts";
import { ProtoReader } from "../reader.ts";

/** Where the message under a key is. */
export interface Found {
  readonly start: number;
  readonly end: number;
}

/**
 * The value under a key (ASCII, unless there are `texts` to compare by) in the entries (all of the same field number) of a map<string, message>, the last of equal
 * keys; undefined if there is none.
 */
export function findInMap(
  scan: MapScan,
  bytes: Buffer,
  start: number,
  end: number,
  field: number,
  key: string,
  texts?: ByteCache<string>,
): Found | undefined {
  let found: Found | undefined;
  scan.begin(bytes, start, end, field);
  while (scan.next()) {
    const isKey =
      texts === undefined
        ? isText(bytes, scan.keyStart, scan.keyEnd, key)
        : texts.get(bytes, scan.keyStart, scan.keyEnd) === key;
    if (isKey) found = { start: scan.valueStart, end: scan.valueEnd };
  }
  return found;
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

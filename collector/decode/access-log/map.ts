import type { ByteCache } from "../byte-cache.ts";
import { decodeText, ProtoReader } from "../reader.ts";

/** Headers or tags by name. */
export type HeaderMap = ReadonlyMap<string, string>;

/** Headers whose values hardly ever repeat; they are not looked up among repeating text. */
const passing = new Set([
  ...["x-request-id", "traceparent", "tracestate", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid"],
  ...["cookie", "set-cookie", "authorization", "date", "etag", "content-length", "x-envoy-original-path"],
  ...["x-forwarded-for", "x-envoy-upstream-service-time", "x-envoy-external-address", "location", "referer"],
]);

/** Whether the values of a header hardly ever repeat. */
export const isPassing = (name: string): boolean => passing.has(name);

/**
 * A map<string, string> from the range of its entries, all with the field number that comes first; other fields in
 * between are passed over. Of entries with the same key the last counts. They are put into `map`.
 */
export function parseMap(
  bytes: Buffer,
  start: number,
  end: number,
  texts: ByteCache<string>,
  map = new Map<string, string>(),
): HeaderMap {
  const reader = new ProtoReader().reset(bytes, start, end);
  let wanted = 0;
  while (reader.more) {
    const tag = reader.tag();
    wanted ||= tag;
    if (tag === wanted) readEntry(reader, bytes, texts, map);
    else reader.skip(tag & 7);
  }
  return map;
}

/** Map entry: key = 1, value = 2. */
function readEntry(reader: ProtoReader, bytes: Buffer, texts: ByteCache<string>, map: Map<string, string>): void {
  const outer = reader.enter();
  let key = "";
  let from = 0;
  let to = 0;
  while (reader.more) {
    const tag = reader.tag();
    const field = tag >>> 3;
    if (field !== 1 && field !== 2) {
      reader.skip(tag & 7);
      continue;
    }
    const length = reader.length();
    const { pos } = reader;
    reader.pos += length;
    if (field === 1) key = texts.get(bytes, pos, reader.pos);
    else [from, to] = [pos, reader.pos];
  }
  reader.leave(outer);
  map.set(key, passing.has(key) ? decodeText(bytes, from, to) : texts.get(bytes, from, to));
}

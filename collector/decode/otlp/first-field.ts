import type { ByteCache } from "../byte-cache.ts";
import { ProtoReader } from "../reader.ts";
import type { Section } from "./request-index.ts";

/** What a cache makes of the first field of a section: the resource, or the scope. Without one, of nothing; of several, the last counts. */
export function ofFirstField<T>(cache: ByteCache<T>, bytes: Buffer, section: Section): T {
  const reader = new ProtoReader().reset(bytes, section.start, section.end);
  let start = section.start;
  let end = section.start;
  while (reader.more) {
    const tag = reader.tag();
    if (tag !== 10) {
      reader.skip(tag & 7);
      continue;
    }
    const length = reader.length();
    start = reader.pos;
    end = reader.pos + length;
    reader.pos = end;
  }
  return cache.get(bytes, start, end);
}

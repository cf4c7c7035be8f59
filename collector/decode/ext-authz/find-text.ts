import type { ProtoReader } from "../reader.ts";

/** Makes text of bytes. */
type ToText = (bytes: Buffer, start: number, end: number) => string;

/** Tags of a map entry: key = 1, value = 2. */
const [keyTag, valueTag] = [10, 18];

/**
 * The value of an ASCII name in the range of a map's entries, which were found to be in order; of equal names the last counts. Entries as
 * everybody writes them, key before value, are read in place; `reader` reads the others.
 */
export function findText(
  reader: ProtoReader,
  bytes: Buffer,
  start: number,
  end: number,
  name: string,
  toText: ToText,
): string | undefined {
  const wanted = bytes[start] as number;
  let from = -1;
  let to = -1;
  let pos = start;
  while (pos < end) {
    if (bytes[pos] !== wanted || wanted > 127) return findSlowly(reader, bytes, start, end, name, toText);
    let length = bytes[pos + 1] as number;
    let at = pos + 2;
    if (length > 127) {
      const high = bytes[at++] as number;
      if (high > 127) return findSlowly(reader, bytes, start, end, name, toText);
      length = (length & 127) | (high << 7);
    }
    pos = at + length;
    const keyLength = bytes[at + 1] as number;
    const valueAt = at + 2 + keyLength;
    if (bytes[at] !== keyTag || keyLength > 127 || valueAt >= pos || bytes[valueAt] !== valueTag)
      return findSlowly(reader, bytes, start, end, name, toText);
    if (keyLength !== name.length || !isAt(name, bytes, at + 2, keyLength)) continue;
    reader.reset(bytes, valueAt + 1, pos);
    const valueLength = reader.length();
    if (reader.pos + valueLength !== pos) return findSlowly(reader, bytes, start, end, name, toText);
    from = reader.pos;
    to = pos;
  }
  return from < 0 ? undefined : toText(bytes, from, to);
}

function findSlowly(
  reader: ProtoReader,
  bytes: Buffer,
  start: number,
  end: number,
  name: string,
  toText: ToText,
): string | undefined {
  reader.reset(bytes, start, end);
  const wanted = reader.tag();
  reader.pos = start;
  let [from, to] = [-1, -1];
  while (reader.more) {
    const tag = reader.tag();
    if (tag !== wanted) {
      reader.skip(tag & 7);
      continue;
    }
    const outer = reader.enter();
    let isWanted = name === "";
    let [valueFrom, valueTo] = [reader.pos, reader.pos];
    while (reader.more) {
      const field = reader.tag();
      if (field !== keyTag && field !== valueTag) {
        reader.skip(field & 7);
        continue;
      }
      const length = reader.length();
      const { pos } = reader;
      reader.pos += length;
      if (field === keyTag) isWanted = isAt(name, bytes, pos, length);
      else [valueFrom, valueTo] = [pos, pos + length];
    }
    reader.leave(outer);
    if (isWanted) [from, to] = [valueFrom, valueTo];
  }
  return from < 0 ? undefined : toText(bytes, from, to);
}

function isAt(name: string, bytes: Buffer, start: number, length: number): boolean {
  if (name.length !== length) return false;
  for (let i = 0; i < length; i++) if (name.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}

import { decodeText, type ProtoReader } from "../reader.ts";

/** The value of an ASCII name in the range of a map's entries, which were found to be in order; of equal names the last counts. */
export function findText(
  reader: ProtoReader,
  bytes: Buffer,
  start: number,
  end: number,
  name: string,
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
      if (field !== 10 && field !== 18) {
        reader.skip(field & 7);
        continue;
      }
      const length = reader.length();
      const { pos } = reader;
      reader.pos += length;
      if (field === 10) isWanted = isAt(name, bytes, pos, length);
      else [valueFrom, valueTo] = [pos, pos + length];
    }
    reader.leave(outer);
    if (isWanted) [from, to] = [valueFrom, valueTo];
  }
  return from < 0 ? undefined : decodeText(bytes, from, to);
}

function isAt(name: string, bytes: Buffer, start: number, length: number): boolean {
  if (name.length !== length) return false;
  for (let i = 0; i < length; i++) if (name.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}

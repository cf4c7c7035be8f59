import { ProtoReader } from "./reader.ts";

/** Whether bytes are this ASCII text; from its end, where names differ. */
export function isText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  const length = end - start;
  if (length !== text.length) return false;
  for (let i = length - 1; i >= 0; i--) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}

const noBytes = new Uint8Array(0);

/** Goes through the entries of a map<string, message>, as a google.protobuf.Struct is one too, and says where their keys and values are. */
export class MapScan {
  keyStart = 0;
  keyEnd = 0;
  valueStart = 0;
  valueEnd = 0;
  #bytes: Uint8Array = noBytes;
  #pos = 0;
  #end = 0;
  #tag = 0;
  readonly #reader = new ProtoReader();

  /** Turns to the entries that are `field` (below 16) of the message in this range, which may hold other fields. */
  begin(bytes: Uint8Array, start: number, end: number, field: number): void {
    this.#bytes = bytes;
    this.#pos = start;
    this.#end = end;
    this.#tag = field * 8 + 2;
    this.#reader.fault = undefined;
  }

  /** Whether the bytes were no such message; then what was found before counts for nothing. */
  get isMalformed(): boolean {
    return this.#reader.fault !== undefined;
  }

  /** Goes to the next entry; false at the end. */
  next(): boolean {
    return this.#pos < this.#end && (this.#nextPlain() || this.#nextAny());
  }

  /** Takes an entry as nearly all are: key, value, and lengths of few bytes. */
  #nextPlain(): boolean {
    const bytes = this.#bytes;
    let pos = this.#pos;
    if (bytes[pos++] !== this.#tag) return false;
    let length = bytes[pos++]!;
    if (length > 127) length = (length & 127) | (bytes[pos++]! << 7);
    const end = pos + length;
    const keyStart = pos + 2;
    const keyEnd = keyStart + bytes[pos + 1]!;
    if (end > this.#end || bytes[pos] !== 10 || keyEnd - keyStart > 127) return false;
    if (keyEnd + 2 > end || bytes[keyEnd] !== 18) return false;
    pos = keyEnd + 1;
    length = bytes[pos++]!;
    if (length > 127) length = (length & 127) | (bytes[pos++]! << 7);
    // A length of three bytes comes out too large, or not as what is left.
    if (length > 16_383 || pos + length !== end) return false;
    this.keyStart = keyStart;
    this.keyEnd = keyEnd;
    this.valueStart = pos;
    this.valueEnd = end;
    this.#pos = end;
    return true;
  }

  #nextAny(): boolean {
    const reader = this.#reader.reset(this.#bytes, this.#pos, this.#end);
    while (reader.more) {
      const tag = reader.tag();
      if (tag !== this.#tag) {
        reader.skip(tag & 7);
        continue;
      }
      this.#readEntry(reader);
      this.#pos = reader.pos;
      return reader.fault === undefined;
    }
    this.#pos = this.#end;
    return false;
  }

  /** Map entry: key = 1, value = 2, both perhaps absent, or there more than once. */
  #readEntry(reader: ProtoReader): void {
    const outer = reader.enter();
    this.keyStart = this.keyEnd = this.valueStart = this.valueEnd = reader.pos;
    while (reader.more) {
      const tag = reader.tag();
      if (tag !== 10 && tag !== 18) {
        reader.skip(tag & 7);
        continue;
      }
      const length = reader.length();
      const start = reader.pos;
      reader.pos = start + length;
      if (tag === 10) [this.keyStart, this.keyEnd] = [start, reader.pos];
      else [this.valueStart, this.valueEnd] = [start, reader.pos];
    }
    reader.leave(outer);
  }
}

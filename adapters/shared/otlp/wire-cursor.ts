import { type Int64, toInt64 } from "../../../schemas/model/value.ts";

const noBytes = new Uint8Array(0);

/**
 * Walks over the fields of a message that the hub has checked, one after the other, without making an object for each. It ends at
 * what it cannot read.
 */
export class WireCursor {
  /** Number and wire type of the field at hand, and where its value starts and ends. */
  field = 0;
  wireType = 0;
  start = 0;
  end = 0;
  bytes: Uint8Array = noBytes;
  /** Where the tag of the field is. */
  tagAt = 0;
  #view: DataView = new DataView(noBytes.buffer);
  #pos = 0;
  #limit = 0;

  /** Begins with the message in a range of bytes. */
  enter(bytes: Uint8Array, start: number, end: number): this {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.#pos = start;
    this.#limit = end;
    return this;
  }

  /** Begins with the message that another cursor is at. */
  within(outer: WireCursor): this {
    return this.enter(outer.bytes, outer.start, outer.end);
  }

  /** Goes on to the next field; false if there is none. */
  next(): boolean {
    if (this.#pos >= this.#limit) return false;
    this.tagAt = this.#pos;
    const tag = this.#varint();
    this.field = Math.floor(tag / 8);
    this.wireType = tag % 8;
    const length = this.wireType === 2 ? this.#varint() : 0;
    this.start = this.#pos;
    if (this.wireType === 0) this.#varint();
    else if (this.wireType === 1) this.#pos += 8;
    else if (this.wireType === 5) this.#pos += 4;
    else this.#pos += this.wireType === 2 ? length : Number.POSITIVE_INFINITY;
    this.end = this.#pos;
    return this.end <= this.#limit;
  }

  /** The value as a double. */
  double(at: number = this.start): number {
    return this.#view.getFloat64(at, true);
  }

  /** The value as a fixed64, as exact as a double can be. */
  fixed64(at: number = this.start): number {
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 0x1_0000_0000;
  }

  /** The value as an sfixed64, as exact as a double can be. */
  sfixed64(): number {
    return this.#view.getUint32(this.start, true) + this.#view.getInt32(this.start + 4, true) * 0x1_0000_0000;
  }

  /** The value as an unsigned varint, as exact as a double can be. */
  varint(): number {
    const pos = this.#pos;
    this.#pos = this.start;
    const value = this.#varint();
    this.#pos = pos;
    return value;
  }

  /** The value as an int64. */
  int64(): Int64 {
    if (this.end - this.start < 8) return this.varint();
    let value = 0n;
    for (let at = this.end - 1; at >= this.start; at--) value = value * 128n + BigInt(this.bytes[at]! & 127);
    return toInt64(BigInt.asIntN(64, value));
  }

  /** The value as a sint32. */
  sint32(): number {
    const value = this.varint() >>> 0;
    return (value >>> 1) ^ -(value & 1);
  }

  /** The value as text. */
  text(): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + this.start, this.end - this.start).toString("utf8");
  }

  /** Adds to a list the varints that the value holds one behind the other. */
  varints(into: number[]): void {
    const pos = this.#pos;
    for (this.#pos = this.start; this.#pos < this.end; ) into.push(this.#varint());
    this.#pos = pos;
  }

  #varint(): number {
    let value = 0;
    let scale = 1;
    for (; this.#pos < this.#limit; scale *= 128) {
      const byte = this.bytes[this.#pos++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    return value;
  }
}

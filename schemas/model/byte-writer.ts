import type { Int64 } from "./value.ts";

/** Wire types of protobuf (Encoding, "Message Structure"). */
export const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Texts up to this length are copied character by character, which is faster than the call into native code. */
const shortText = 32;

/**
 * Writes protobuf's wire format into one buffer that grows. A message inside a message is written between `begin` and
 * `end`, which puts its length in front; what lies behind moves only if the length needs more than one byte.
 */
export class ByteWriter {
  length = 0;
  private buffer: Buffer = Buffer.allocUnsafe(4096);

  /** Starts over; the buffer is kept. */
  reset(): this {
    this.length = 0;
    return this;
  }

  /** A copy of what was written. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const bytes = Buffer.allocUnsafeSlow(this.length);
    this.buffer.copy(bytes, 0, 0, this.length);
    return new Uint8Array(bytes.buffer);
  }

  /** Opens a message in a field; give the result to `end`. */
  begin(field: number): number {
    this.tag(field, wire.bytes);
    this.reserve(1);
    return ++this.length;
  }

  /** Closes the message that `begin` opened. */
  end(start: number): void {
    const size = this.length - start;
    if (size < 128) this.buffer[start - 1] = size;
    else this.endLong(start, size);
  }

  /** A field number and wire type. */
  tag(field: number, wireType: number): void {
    if (field < 16 && this.length < this.buffer.length) this.buffer[this.length++] = field * 8 + wireType;
    else this.varint(field * 8 + wireType);
  }

  /** An integer from 0 to 2^53 - 1, or the low bits of an int32 or bool. */
  varint(value: number): void {
    this.reserve(10);
    const { buffer } = this;
    let rest = value;
    while (rest >= 0x8000_0000) {
      buffer[this.length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 128) {
      buffer[this.length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    buffer[this.length++] = rest;
  }

  /** An int64, in ten bytes if it is below zero. */
  int64(value: Int64): void {
    if (typeof value === "number" && value >= 0) this.varint(value);
    else this.uint64(BigInt.asUintN(64, BigInt(value)));
  }

  private uint64(value: bigint): void {
    this.reserve(10);
    let rest = value;
    for (; rest >= 128n; rest >>= 7n) this.buffer[this.length++] = Number(rest & 127n) | 128;
    this.buffer[this.length++] = Number(rest);
  }

  /** A fixed32 from 0 to 2^32 - 1. */
  fixed32(value: number): void {
    this.reserve(4);
    this.length = this.buffer.writeUInt32LE(value, this.length);
  }

  /** A fixed64 as two unsigned halves. */
  fixed64(low: number, high: number): void {
    this.fixed32(low);
    this.fixed32(high);
  }

  /** A double, little-endian IEEE 754. */
  double(value: number): void {
    this.reserve(8);
    this.length = this.buffer.writeDoubleLE(value, this.length);
  }

  /** A field of text in UTF-8; a lone surrogate becomes U+FFFD. */
  text(field: number, text: string): void {
    this.tag(field, wire.bytes);
    this.reserve(5 + text.length * 3);
    if (text.length > shortText || !this.shortAscii(text)) this.anyText(text);
  }

  /** A field of bytes. */
  bytes(field: number, bytes: Uint8Array): void {
    this.tag(field, wire.bytes);
    this.varint(bytes.length);
    this.raw(bytes);
  }

  /** A field of bytes given in hexadecimal digits, two a byte. */
  hex(field: number, digits: string): void {
    this.tag(field, wire.bytes);
    this.reserve(10 + digits.length / 2);
    this.varint(digits.length / 2);
    this.length += this.buffer.write(digits, this.length, "hex");
  }

  /** Bytes as they are, such as fields that were written before. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  private endLong(start: number, size: number): void {
    const extra = sizeOfVarint(size) - 1;
    this.reserve(extra);
    this.buffer.copyWithin(start + extra, start, this.length);
    this.length = start - 1;
    this.varint(size);
    this.length += size;
  }

  private shortAscii(text: string): boolean {
    const { buffer } = this;
    const start = this.length + 1;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return false;
      buffer[start + i] = code;
    }
    buffer[this.length] = text.length;
    this.length = start + text.length;
    return true;
  }

  private anyText(text: string): void {
    const guess = sizeOfVarint(text.length);
    const written = this.buffer.write(text, this.length + guess, "utf8");
    const size = sizeOfVarint(written);
    if (size !== guess) this.buffer.copyWithin(this.length + size, this.length + guess, this.length + guess + written);
    this.varint(written);
    this.length += written;
  }

  private reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}

function sizeOfVarint(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

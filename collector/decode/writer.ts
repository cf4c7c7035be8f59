import { wire } from "./reader.ts";

const firstSize = 4096;

/** Writes protobuf's wire format, whose counterpart is ProtoReader. Fields are written in the order of the calls. */
export class ProtoWriter {
  #bytes = Buffer.allocUnsafe(firstSize);
  #length = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** Starts over; what `take` gave before stays as it is. */
  reset(): this {
    this.#length = 0;
    return this;
  }

  /** A copy of what was written. */
  take(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  /** Forgets what was written from this length on. */
  cut(length: number): void {
    this.#length = length;
  }

  /** A field of wire type varint; a whole number up to 2^53, or a bigint of 64 bits. */
  varint(field: number, value: number | bigint): void {
    this.#tag(field, wire.varint);
    this.#raw(value);
  }

  /** A field of 32 bits. */
  fixed32(field: number, value: number): void {
    this.#tag(field, wire.fixed32);
    this.#reserve(4);
    this.#length = this.#bytes.writeUInt32LE(value >>> 0, this.#length);
  }

  /** A field of 64 bits, unsigned. */
  fixed64(field: number, value: bigint): void {
    this.#tag(field, wire.fixed64);
    this.#reserve(8);
    this.#length = this.#bytes.writeBigUInt64LE(BigInt.asUintN(64, value), this.#length);
  }

  /** A double. */
  double(field: number, value: number): void {
    this.#tag(field, wire.fixed64);
    this.#reserve(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }

  /** A text. */
  text(field: number, text: string): void {
    const length = Buffer.byteLength(text);
    this.#tag(field, wire.bytes);
    this.#raw(length);
    this.#reserve(length);
    this.#length += this.#bytes.write(text, this.#length);
  }

  /** Bytes, or a message that is written already. */
  bytes(field: number, source: Uint8Array, start = 0, end = source.length): void {
    this.#tag(field, wire.bytes);
    this.#raw(end - start);
    this.copy(source, start, end);
  }

  /** Bytes as they are, without tag and length: whole fields. */
  copy(source: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    this.#bytes.set(source.subarray(start, end), this.#length);
    this.#length += end - start;
  }

  /** Begins a message; give the result to `leave`. */
  enter(field: number): number {
    this.#tag(field, wire.bytes);
    this.#reserve(1);
    return this.#length++;
  }

  /** Ends the message that was begun: its length goes before it, which moves it if that takes more than one byte. */
  leave(mark: number): void {
    const length = this.#length - mark - 1;
    const size = varintSize(length);
    if (size > 1) {
      this.#reserve(size - 1);
      this.#bytes.copyWithin(mark + size, mark + 1, this.#length);
    }
    this.#length = mark;
    this.#raw(length);
    this.#length += length;
  }

  #tag(field: number, wireType: number): void {
    this.#raw(field * 8 + wireType);
  }

  #raw(value: number | bigint): void {
    this.#reserve(10);
    if (typeof value === "number" && value >= 0) {
      let rest = value;
      for (; rest > 127; rest = Math.floor(rest / 128)) this.#bytes[this.#length++] = (rest % 128) | 128;
      this.#bytes[this.#length++] = rest;
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 127n; rest >>= 7n) this.#bytes[this.#length++] = Number(rest & 127n) | 128;
    this.#bytes[this.#length++] = Number(rest);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

/** Bytes that a length takes as a varint. */
export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) size++;
  return size;
}

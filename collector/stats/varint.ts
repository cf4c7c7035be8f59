const low = 0x7f;
const more = 0x80;

/**
 * Writes numbers in as few bytes as they need, into a buffer that grows.
 * uint: little-endian base 128 (LEB128), up to 2^53. number: a uint n as LEB128 of 2n, anything else as the byte 1 and a float64.
 */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** Writes an integer in 0..2^53. */
  uint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest > low) {
      this.#bytes[this.#length++] = (rest % 128) | more;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** Writes any number without loss. */
  number(value: number): void {
    if (Number.isInteger(value) && value >= 0 && value <= Number.MAX_SAFE_INTEGER / 2) {
      this.uint(value * 2);
      return;
    }
    this.#reserve(9);
    this.#bytes[this.#length] = 1;
    this.#view.setFloat64(this.#length + 1, value, true);
    this.#length += 9;
  }

  /** Appends bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Appends text: its length in bytes, then UTF-8. */
  text(value: string): void {
    const bytes = Buffer.from(value, "utf8");
    this.uint(bytes.length);
    this.raw(bytes);
  }

  /** What was written; valid until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** Starts anew in the same buffer. */
  clear(): void {
    this.#length = 0;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + bytes));
    grown.set(this.view());
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Reads what ByteWriter wrote. Reading beyond the end throws a RangeError. */
export class ByteReader {
  readonly bytes: Uint8Array;
  position: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes;
    this.position = position;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Reads a uint. */
  uint(): number {
    const { bytes } = this;
    let byte = bytes[this.position++];
    if (byte === undefined) throw new RangeError("the bytes end within a number");
    if (byte <= low) return byte;
    let value = byte & low;
    let factor = 128;
    do {
      byte = bytes[this.position++];
      if (byte === undefined) throw new RangeError("the bytes end within a number");
      value += (byte & low) * factor;
      factor *= 128;
    } while (byte > low);
    return value;
  }

  /** Reads a number. */
  number(): number {
    const byte = this.bytes[this.position];
    if (byte !== undefined && byte <= low && (byte & 1) === 0) {
      this.position++;
      return byte >> 1;
    }
    const value = this.uint();
    if (value % 2 === 0) return value / 2;
    this.position += 8;
    return this.#view.getFloat64(this.position - 8, true);
  }

  /** Reads text. */
  text(): string {
    const length = this.uint();
    const start = this.position;
    this.position += length;
    if (this.position > this.bytes.length) throw new RangeError("the bytes end within a text");
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, length).toString("utf8");
  }
}

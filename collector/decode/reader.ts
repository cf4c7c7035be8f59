import type { Int64 } from "../../schemas/model/value.ts";

/** Wire types of protobuf (Encoding, "Message Structure"); groups (3, 4) are refused as faults. */
export const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** What can be wrong with protobuf bytes; `limit`: nested deeper or longer than is taken. */
export type WireFault = "truncated" | "overlong_varint" | "bad_tag" | "wire_type" | "limit";

const noBytes = new Uint8Array(0);

/**
 * Reads protobuf's wire format from a range of bytes. It never throws: the first fault is kept in `fault`, the position
 * goes to the end, and everything read from then on is 0, so loops over `more` end by themselves.
 */
export class ProtoReader {
  bytes: Uint8Array = noBytes;
  pos = 0;
  end = 0;
  fault: WireFault | undefined = undefined;
  /** The last varint as two unsigned halves: set by `varint`. */
  low = 0;
  high = 0;

  /** Starts over on another range. */
  reset(bytes: Uint8Array, start: number, end: number): this {
    this.bytes = bytes;
    this.pos = start;
    this.end = end;
    this.fault = undefined;
    return this;
  }

  /** Whether there is another field. */
  get more(): boolean {
    return this.pos < this.end;
  }

  /** Notes a fault and stops. Gives 0, which is no tag. */
  fail(fault: WireFault): 0 {
    this.fault ??= fault;
    this.pos = this.end;
    this.low = 0;
    this.high = 0;
    return 0;
  }

  /** The next tag, field number shifted left by 3 plus wire type; 0 on a fault. */
  tag(): number {
    if (this.pos < this.end) {
      const byte = this.bytes[this.pos]!;
      if (byte < 128 && byte > 7) {
        this.pos++;
        return byte;
      }
    }
    const tag = this.varint() >>> 0;
    if (this.fault !== undefined) return 0;
    return tag > 7 && this.high === 0 ? tag : this.fail("bad_tag");
  }

  /** A varint cut to its low 32 bits, signed, as int32, enums and bool are read; all of it is in `low` and `high`. */
  varint(): number {
    const { bytes, end } = this;
    let pos = this.pos;
    let low = 0;
    let high = 0;
    for (let shift = 0; pos < end; shift += 7) {
      const byte = bytes[pos++]!;
      if (shift < 28) low |= (byte & 127) << shift;
      else if (shift === 28) {
        low |= (byte & 127) << 28;
        high = (byte & 127) >>> 4;
      } else if (shift < 63 || (shift === 63 && byte < 2)) high |= (byte & 127) << (shift - 32);
      else return this.fail("overlong_varint");
      if (byte < 128) {
        this.pos = pos;
        this.low = low >>> 0;
        this.high = high >>> 0;
        return low;
      }
    }
    return this.fail("truncated");
  }

  /** The length of what follows, so that `pos + length` is within the range. */
  length(): number {
    const { bytes, end } = this;
    if (this.pos < end) {
      const byte = bytes[this.pos]!;
      if (byte < 128) {
        if (++this.pos + byte <= end) return byte;
        return this.fail("truncated");
      }
    }
    const length = this.varint() >>> 0;
    return this.high === 0 && length <= end - this.pos ? length : this.fail("truncated");
  }

  /** Confines the reader to the message that follows; give the result to `leave`. */
  enter(): number {
    const length = this.length();
    const outer = this.end;
    this.end = this.pos + length;
    return outer;
  }

  /** Goes on behind the message that was entered. */
  leave(outer: number): void {
    this.pos = this.fault === undefined ? this.end : outer;
    this.end = outer;
  }

  /** A bool. */
  bool(): boolean {
    this.varint();
    return this.low !== 0 || this.high !== 0;
  }

  /** A uint64, or undefined beyond the range of Int64 values. */
  uint64(): Int64 | undefined {
    this.varint();
    return toUint64(this.low, this.high);
  }

  /** An int64. */
  int64(): Int64 {
    this.varint();
    const { low, high } = this;
    if (high < 0x20_0000) return high * 0x1_0000_0000 + low;
    const value = BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low));
    return value >= -0x1f_ffff_ffff_ffffn && value <= 0x1f_ffff_ffff_ffffn ? Number(value) : value;
  }

  /** A double, little-endian IEEE 754. */
  double(): number {
    if (this.end - this.pos < 8) return this.fail("truncated");
    const { buffer, byteOffset } = this.bytes;
    const value = new DataView(buffer, byteOffset + this.pos, 8).getFloat64(0, true);
    this.pos += 8;
    return value;
  }

  /** Passes over a field of this wire type. */
  skip(wireType: number): void {
    if (wireType === wire.varint) this.skipVarint();
    else if (wireType === wire.bytes) this.advance(this.length());
    else if (wireType === wire.fixed64) this.advance(8);
    else if (wireType === wire.fixed32) this.advance(4);
    else this.fail("wire_type");
  }

  /** Passes over a varint. */
  skipVarint(): void {
    if (this.pos < this.end && this.bytes[this.pos]! < 128) this.pos++;
    else this.varint();
  }

  private advance(count: number): void {
    if (this.end - this.pos < count) this.fail("truncated");
    else this.pos += count;
  }
}

/** Text from UTF-8; bytes that are none become U+FFFD, one for each maximal part (Unicode 3.9, as WHATWG decodes). */
export function decodeText(bytes: Buffer, start: number, end: number): string {
  return bytes.toString("utf8", start, end);
}

/** The text of a length-delimited field, of which the tag has been read. */
export function readText(reader: ProtoReader, bytes: Buffer): string {
  const length = reader.length();
  reader.pos += length;
  return decodeText(bytes, reader.pos - length, reader.pos);
}

/** Two unsigned halves as an Int64 value; undefined from 2^63 on. */
function toUint64(low: number, high: number): Int64 | undefined {
  if (high < 0x20_0000) return high * 0x1_0000_0000 + low;
  return high < 0x8000_0000 ? (BigInt(high) << 32n) | BigInt(low) : undefined;
}

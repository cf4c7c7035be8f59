import type { Timestamp } from "../../../schemas/model/value.ts";
import { type ByteWriter, wire } from "./byte-writer.ts";

/** A field of text; nothing if it is empty, as proto3 has it. */
export function writeText(writer: ByteWriter, field: number, text: string): void {
  if (text !== "") writer.text(field, text);
}

/** A field of an enum or an integer from 0 to 2^53 - 1; nothing if it is 0. */
export function writeNumber(writer: ByteWriter, field: number, value: number): void {
  if (value === 0) return;
  writer.tag(field, wire.varint);
  writer.varint(value);
}

/** An id in hexadecimal digits as a field of bytes; nothing if there is none, or if it has not this many digits. */
export function writeId(writer: ByteWriter, field: number, digits: string | undefined, length: 16 | 32): void {
  if (digits !== undefined && digits.length === length && /^[0-9a-f]*$/i.test(digits)) writer.hex(field, digits);
}

/** A point in time as a fixed64 field of nanoseconds since 1970; nothing, which means unknown, where that cannot hold it. */
export function writeTime(writer: ByteWriter, field: number, time: Timestamp): void {
  const { seconds, nanos } = time;
  // In two steps of 16 bits, because nanoseconds since 1970 are beyond 2^53.
  const upper = Math.floor(seconds / 0x1_0000) * 1e9;
  const lower = (seconds % 0x1_0000) * 1e9 + nanos + (upper % 0x1_0000) * 0x1_0000;
  const high = Math.floor(upper / 0x1_0000) + Math.floor(lower / 0x1_0000_0000);
  const low = lower % 0x1_0000_0000;
  if (!(high >= 0 && high < 0x1_0000_0000) || (high === 0 && low === 0)) return;
  writer.tag(field, wire.fixed64);
  writer.fixed64(low, high);
}

/** Milliseconds since 1970 as a point in time. */
export function toTimestamp(milliseconds: number): Timestamp {
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds, nanos: Math.round((milliseconds - seconds * 1000) * 1e6) };
}

import { crc32c } from "../../schemas/model/crc32c.ts";
import type { Codec } from "./codecs.ts";
import type { ProducerIdentity, WireBatch, WireRecord } from "./wire.ts";

// RecordBatch, magic 2 (https://kafka.apache.org/documentation/#recordbatch); numbers are big-endian, varints zig-zag:
//
//   batch   = baseOffset:int64 batchLength:int32 partitionLeaderEpoch:int32 magic:int8 crc:uint32 attributes:int16 lastOffsetDelta:int32
//             baseTimestamp:int64 maxTimestamp:int64 producerId:int64 producerEpoch:int16 baseSequence:int32 recordCount:int32 *record
//   record  = length:varint attributes:int8 timestampDelta:varlong offsetDelta:varint key value headerCount:varint *header
//   key     = length:varint (-1 = null) bytes          value, header name and header value the same
//
// The records are compressed as one block; crc is CRC-32C from attributes to the end.

const headBytes = 61;
/** Where batchLength and crc begin to count. */
const lengthFrom = 12;
const crcFrom = 21;

/** Bytes of a record beside key, value and the texts of headers, at the most. */
export const recordFrameBytes = 41;
/** Bytes of a header beside its texts, at the most. */
export const headerFrameBytes = 10;

/** Encodes the records of a partition as one batch. */
export async function encodeRecordBatch(
  { records, firstSequence }: WireBatch,
  producer: ProducerIdentity | undefined,
  { number, compress }: Codec,
): Promise<Buffer> {
  const baseMs = records.reduce((first, { timestampMs }) => Math.min(first, timestampMs), Number.POSITIVE_INFINITY);
  const maxMs = records.reduce((last, { timestampMs }) => Math.max(last, timestampMs), 0);
  const room = records.reduce((sum, { bytes }) => sum + bytes, compress === undefined ? headBytes : 0);
  const buffer = Buffer.allocUnsafe(room);
  const start = compress === undefined ? headBytes : 0;
  const end = writeRecords(buffer, start, records, baseMs);
  const packed = compress === undefined ? undefined : await compress(buffer.subarray(0, end));
  const batch = packed === undefined ? buffer.subarray(0, end) : Buffer.allocUnsafe(headBytes + packed.length);
  packed?.copy(batch, headBytes);
  batch.writeBigInt64BE(0n, 0);
  batch.writeInt32BE(batch.length - lengthFrom, 8);
  batch.writeInt32BE(-1, 12);
  batch.writeInt8(2, 16);
  batch.writeInt16BE(number, crcFrom);
  batch.writeInt32BE(records.length - 1, 23);
  batch.writeBigInt64BE(BigInt(baseMs), 27);
  batch.writeBigInt64BE(BigInt(maxMs), 35);
  batch.writeBigInt64BE(BigInt(producer?.id ?? -1), 43);
  batch.writeInt16BE(producer?.epoch ?? -1, 51);
  batch.writeInt32BE(producer === undefined ? -1 : firstSequence, 53);
  batch.writeInt32BE(records.length, 57);
  batch.writeUInt32BE(crc32c(batch, crcFrom), 17);
  return batch;
}

/** A length of five bytes is always enough; the record is moved up to it. */
const lengthBytes = 5;

function writeRecords(buffer: Buffer, start: number, records: readonly WireRecord[], baseMs: number): number {
  let end = start;
  for (let i = 0; i < records.length; i++) {
    const body = end + lengthBytes;
    const bodyEnd = writeRecord(buffer, body, records[i]!, i, baseMs);
    const moved = writeVarint(buffer, end, bodyEnd - body);
    buffer.copyWithin(moved, body, bodyEnd);
    end = moved + bodyEnd - body;
  }
  return end;
}

function writeRecord(buffer: Buffer, start: number, record: WireRecord, offset: number, baseMs: number): number {
  const { key, value, headers, timestampMs } = record;
  buffer[start] = 0;
  let at = writeVarlong(buffer, start + 1, timestampMs - baseMs);
  at = writeVarint(buffer, at, offset);
  at = key === null ? writeVarint(buffer, at, -1) : writeBytes(buffer, at, key);
  at = writeBytes(buffer, at, value);
  const names = Object.keys(headers);
  at = writeVarint(buffer, at, names.length);
  for (const name of names) at = writeText(buffer, writeText(buffer, at, name), headers[name]!);
  return at;
}

function writeBytes(buffer: Buffer, at: number, bytes: Buffer): number {
  const start = writeVarint(buffer, at, bytes.length);
  bytes.copy(buffer, start);
  return start + bytes.length;
}

function writeText(buffer: Buffer, at: number, text: string): number {
  const start = writeVarint(buffer, at, Buffer.byteLength(text));
  return start + buffer.write(text, start);
}

/** A signed number of 32 bits. */
function writeVarint(buffer: Buffer, at: number, number: number): number {
  let rest = ((number << 1) ^ (number >> 31)) >>> 0;
  for (; rest > 127; rest >>>= 7) buffer[at++] = (rest & 127) | 128;
  buffer[at++] = rest;
  return at;
}

/** A number from 0 to 2^52: the first timestamp of a batch is the smallest. */
function writeVarlong(buffer: Buffer, at: number, number: number): number {
  let rest = number * 2;
  for (; rest > 127; rest = Math.floor(rest / 128)) buffer[at++] = (rest % 128) | 128;
  buffer[at++] = rest;
  return at;
}

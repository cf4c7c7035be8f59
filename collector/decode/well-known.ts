import { type Int64, type Timestamp, toInt64 } from "../../schemas/model/value.ts";
import type { ProtoReader } from "./reader.ts";

/** google.protobuf.UInt32Value: value = 1. Reads all of the reader's range, as its siblings do. */
export function readUint32Value(reader: ProtoReader): number {
  let value = 0;
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 8) value = reader.varint() >>> 0;
    else reader.skip(tag & 7);
  }
  return value;
}

const nanosInSecond = 1_000_000_000;
/** Up to here nanoseconds in whole seconds are safe integers. */
const safeSeconds = 9_000_000;
const maxInt64 = 0x7fff_ffff_ffff_ffffn;

/**
 * google.protobuf.Duration, seconds = 1 and nanos = 2, as nanoseconds; undefined if the two differ in sign, the nanos
 * are a second or more, or an int64 cannot hold the result.
 */
export function readDuration(reader: ProtoReader): Int64 | undefined {
  const { seconds, nanos } = readSecondsAndNanos(reader);
  if (nanos <= -nanosInSecond || nanos >= nanosInSecond) return undefined;
  if ((seconds < 0 && nanos > 0) || (seconds > 0 && nanos < 0)) return undefined;
  if (typeof seconds === "number" && Math.abs(seconds) <= safeSeconds) return seconds * nanosInSecond + nanos;
  const total = BigInt(seconds) * BigInt(nanosInSecond) + BigInt(nanos);
  return total > maxInt64 || total < -maxInt64 ? undefined : toInt64(total);
}

/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
const firstSecond = -62_135_596_800;
const lastSecond = 253_402_300_799;

/** google.protobuf.Timestamp, seconds = 1 and nanos = 2; undefined outside of the years 1 to 9999 or if the nanos are no part of a second. */
export function readTimestamp(reader: ProtoReader): Timestamp | undefined {
  const { seconds, nanos } = readSecondsAndNanos(reader);
  if (typeof seconds !== "number" || seconds < firstSecond || seconds > lastSecond) return undefined;
  return nanos >= 0 && nanos < nanosInSecond ? { seconds, nanos } : undefined;
}

function readSecondsAndNanos(reader: ProtoReader): { seconds: Int64; nanos: number } {
  let seconds: Int64 = 0;
  let nanos = 0;
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 8) seconds = reader.int64();
    else if (tag === 16) nanos = reader.varint();
    else reader.skip(tag & 7);
  }
  return { seconds, nanos };
}

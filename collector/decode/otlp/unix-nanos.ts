import type { Timestamp } from "../../../schemas/model/value.ts";
import { type ProtoReader, wire } from "../reader.ts";

const nanosInSecond = 1_000_000_000;

/** A fixed64 of nanoseconds since the epoch; undefined for 0, which says that the time is not known. */
export function readUnixNanos(reader: ProtoReader): Timestamp | undefined {
  const at = reader.pos;
  reader.skip(wire.fixed64);
  return reader.fault === undefined ? unixNanosAt(reader.bytes, at) : undefined;
}

/** The same in 8 bytes, little-endian. Divides 16 bits at a time, so that every step is exact without a bigint. */
function unixNanosAt(bytes: Uint8Array, at: number): Timestamp | undefined {
  let seconds = 0;
  let rest = 0;
  for (let i = 6; i >= 0; i -= 2) {
    const part = rest * 65_536 + bytes[at + i]! + bytes[at + i + 1]! * 256;
    const quotient = Math.floor(part / nanosInSecond);
    seconds = seconds * 65_536 + quotient;
    rest = part - quotient * nanosInSecond;
  }
  return seconds === 0 && rest === 0 ? undefined : { seconds, nanos: rest };
}

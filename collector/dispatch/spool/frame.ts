import { crc32c } from "../../../schemas/model/crc32c.ts";

// A segment, as it lies on disk; numbers are little-endian:
//
//   segment    = *frame
//   frame      = marker length position time payloadCrc headerCrc payload
//   marker     = %xFF "MX" %xF8       ; its first and last byte are in no UTF-8, so no text in a payload looks like a frame
//   length     = uint32               ; bytes of the payload
//   position   = uint64               ; below 2^53, ascending
//   time       = double               ; milliseconds since the epoch
//   payloadCrc = uint32               ; CRC-32C of the payload
//   headerCrc  = uint32               ; CRC-32C of everything before it
//   payload    = length OCTET
//
// Payloads that are no text may hold what looks like a frame: they are not searched while their own header is sound.
//
// The header vouches for itself, so that a length is known to be right before it is followed: a frame that the file ends
// within is told apart from one that is damaged.

/** The first bytes of every frame. */
export const marker: Buffer = Buffer.from([0xff, 0x4d, 0x58, 0xf8]);
/** Bytes of a frame before its payload. */
export const headerBytes = 32;
/** The longest payload. */
export const maxPayloadBytes = 67_108_864;

/** What a frame says of itself. */
export interface FrameHeader {
  readonly length: number;
  readonly position: number;
  readonly timeMs: number;
  readonly payloadCrc: number;
}

/** Writes a frame; `target` has room for it. Returns where it ends. */
export function writeFrame(target: Buffer, at: number, position: number, timeMs: number, payload: Uint8Array): number {
  marker.copy(target, at);
  target.writeUInt32LE(payload.length, at + 4);
  target.writeUInt32LE(position % 2 ** 32, at + 8);
  target.writeUInt32LE(Math.floor(position / 2 ** 32), at + 12);
  target.writeDoubleLE(timeMs, at + 16);
  target.writeUInt32LE(crc32c(payload), at + 24);
  target.writeUInt32LE(crc32c(target, at, at + 28), at + 28);
  target.set(payload, at + headerBytes);
  return at + headerBytes + payload.length;
}

/** Reads the header at a place with `headerBytes` bytes; undefined if it is none, or damaged. */
export function readHeader(source: Buffer, at: number): FrameHeader | undefined {
  if (source.compare(marker, 0, 4, at, at + 4) !== 0) return undefined;
  if (source.readUInt32LE(at + 28) !== crc32c(source, at, at + 28)) return undefined;
  const length = source.readUInt32LE(at + 4);
  const position = source.readUInt32LE(at + 8) + source.readUInt32LE(at + 12) * 2 ** 32;
  if (length > maxPayloadBytes || !Number.isSafeInteger(position)) return undefined;
  return { length, position, timeMs: source.readDoubleLE(at + 16), payloadCrc: source.readUInt32LE(at + 24) };
}

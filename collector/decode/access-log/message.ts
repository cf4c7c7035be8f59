import { DecodeError } from "../decode-error.ts";
import { ProtoReader, wire } from "../reader.ts";

/** A field of the message: the range of its bytes. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * Checks StreamAccessLogsMessage (identifier = 1, http_logs = 2, tcp_logs = 3) down to the ends of its fields and gives
 * the identifier's bytes. The lists are read where they are, in order: one message with both kinds, which protobuf
 * calls a oneof and reads as the last, loses neither here. Throws DecodeError.
 */
export function checkMessage(bytes: Uint8Array): Range | undefined {
  const reader = new ProtoReader().reset(bytes, 0, bytes.length);
  let identifier: Range | undefined;
  while (reader.more) {
    const tag = reader.tag();
    const field = tag >>> 3;
    if (field <= 3 && (tag & 7) !== wire.bytes) reader.fail(reader.fault ?? "wire_type");
    else if (field === 1) {
      const length = reader.length();
      identifier = { start: reader.pos, end: reader.pos + length };
      reader.pos += length;
    } else reader.skip(tag & 7);
  }
  if (reader.fault !== undefined) throw new DecodeError(reader.fault, "StreamAccessLogsMessage");
  return identifier;
}

import { DecodeError } from "./decode-error.ts";
import { ProtoReader, wire } from "./reader.ts";

/** A field of a message: the range of its bytes. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A message that proxies stream: an identifier = 1, and lists of entries up to this field. */
export interface StreamedMessage {
  readonly name: string;
  readonly lastField: number;
}

/**
 * Checks a message down to the ends of its fields and gives the identifier's bytes. The lists are read where they are, in
 * order: one message with several kinds, which protobuf calls a oneof and reads as the last, loses none here. Throws
 * DecodeError.
 */
export function checkMessage(bytes: Uint8Array, { name, lastField }: StreamedMessage): Range | undefined {
  const reader = new ProtoReader().reset(bytes, 0, bytes.length);
  let identifier: Range | undefined;
  while (reader.more) {
    const tag = reader.tag();
    const field = tag >>> 3;
    if (field <= lastField && (tag & 7) !== wire.bytes) reader.fail(reader.fault ?? "wire_type");
    else if (field === 1) {
      const length = reader.length();
      identifier = { start: reader.pos, end: reader.pos + length };
      reader.pos += length;
    } else reader.skip(tag & 7);
  }
  if (reader.fault !== undefined) throw new DecodeError(reader.fault, name);
  return identifier;
}

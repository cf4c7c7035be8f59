import type { ProtocolFault } from "./events.ts";
import { GrpcError, grpcStatus } from "./grpc.ts";

const prefixBytes = 5;
const keptBytes = 65_536; // a larger assembly buffer is given back after its message
const noBytes = Buffer.alloc(0);

/** A message as framed: the bytes may still be compressed. */
export interface FramedMessage {
  readonly compressed: boolean;
  readonly bytes: Uint8Array;
}

/** A caller's breach of the gRPC framing: the status it gets and the reason it is counted under. */
export class FramingError extends GrpcError {
  readonly fault: ProtocolFault;

  constructor(status: number, message: string, fault: ProtocolFault) {
    super(status, message);
    this.name = "FramingError";
    this.fault = fault;
  }
}

/**
 * Cuts a call's bytes into messages: flag u8, length u32 big-endian, bytes, without relation to chunk borders.
 * A message inside one chunk is handed out as a view of it; one that spans chunks is put together in a buffer that
 * grows with the bytes that arrived, never with the length that was announced, and is reused for the next.
 */
export class MessageReader {
  /** Complete messages so far. */
  count = 0;
  private readonly maxBytes: number;
  private readonly prefix = Buffer.alloc(prefixBytes);
  private prefixLength = 0;
  private length = -1; // of the message being read, -1 while its prefix is
  private body = noBytes;
  private bodyLength = 0;
  private chunk: Buffer = noBytes;
  private offset = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** True in the middle of a message. */
  get partial(): boolean {
    return this.prefixLength > 0 || this.length >= 0;
  }

  /** Memory held for a message that has not arrived whole. */
  get heldBytes(): number {
    return this.body.length;
  }

  /** Bytes after the last complete message. */
  get remaining(): number {
    return this.chunk.length - this.offset;
  }

  /** Adds received bytes; `next` then gives what is complete. */
  push(chunk: Buffer): void {
    this.chunk = this.remaining > 0 ? Buffer.concat([this.chunk.subarray(this.offset), chunk]) : chunk;
    this.offset = 0;
  }

  /**
   * The next complete message, valid until the next call. Throws a FramingError for an unknown flag (INTERNAL) and for
   * a length over the limit (RESOURCE_EXHAUSTED), as soon as the five octets say so.
   */
  next(): FramedMessage | undefined {
    const bytes = this.length >= 0 || this.readPrefix() ? this.readBody() : undefined;
    if (bytes === undefined) {
      this.chunk = noBytes; // used up: an idle call must not hold the socket's buffer
      this.offset = 0;
      return undefined;
    }
    const compressed = this.prefix[0] === 1;
    this.length = -1;
    this.prefixLength = 0;
    this.bodyLength = 0;
    this.count++;
    return { compressed, bytes };
  }

  /** Gives the assembly buffer back between messages. */
  shrink(): void {
    if (!this.partial) this.body = noBytes;
  }

  /** Lets go of everything held. */
  release(): void {
    this.body = noBytes;
    this.chunk = noBytes;
    this.offset = 0;
  }

  private readPrefix(): boolean {
    const { prefix, chunk } = this;
    while (this.prefixLength < prefixBytes && this.offset < chunk.length) {
      prefix[this.prefixLength++] = chunk[this.offset++]!;
    }
    if (this.prefixLength < prefixBytes) return false;
    const flag = prefix[0]!;
    if (flag > 1) {
      throw new FramingError(grpcStatus.INTERNAL, `message flag ${flag} is neither 0 nor 1`, "message");
    }
    const length = prefix.readUInt32BE(1);
    if (length > this.maxBytes) throw tooLarge(length, this.maxBytes);
    this.length = length;
    if (this.body.length > keptBytes) this.body = noBytes;
    return true;
  }

  private readBody(): Buffer | undefined {
    const { chunk, length } = this;
    const available = chunk.length - this.offset;
    if (this.bodyLength === 0 && available >= length) {
      const from = this.offset;
      this.offset += length;
      return chunk.subarray(from, this.offset);
    }
    const taken = Math.min(available, length - this.bodyLength);
    this.grow(this.bodyLength + taken);
    chunk.copy(this.body, this.bodyLength, this.offset, this.offset + taken);
    this.offset += taken;
    this.bodyLength += taken;
    return this.bodyLength === length ? this.body.subarray(0, length) : undefined;
  }

  /** Makes room for what has arrived, at most doubling. */
  private grow(needed: number): void {
    if (needed <= this.body.length) return;
    const size = Math.min(this.length, Math.max(needed, 2 * this.body.length));
    const larger = Buffer.allocUnsafeSlow(size);
    this.body.copy(larger, 0, 0, this.bodyLength);
    this.body = larger;
  }
}

/** The refusal of a message that is larger than the limit. */
export function tooLarge(bytes: number | undefined, maxBytes: number): FramingError {
  const size = bytes === undefined ? "the decompressed message" : `a message of ${bytes} bytes`;
  return new FramingError(
    grpcStatus.RESOURCE_EXHAUSTED,
    `${size} is larger than the limit of ${maxBytes} bytes`,
    "message-size",
  );
}

/** A message with its prefix in front, ready to be written. */
export function frameMessage(bytes: Uint8Array, compressed: boolean): Buffer {
  const frame = Buffer.allocUnsafe(prefixBytes + bytes.length);
  frame[0] = compressed ? 1 : 0;
  frame.writeUInt32BE(bytes.length, 1);
  frame.set(bytes, prefixBytes);
  return frame;
}

import { connect, type Socket } from "node:net";

/** Frame types of RFC 9113. */
export const frameType = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

/** Frame flags in use. */
export const flag = { END_STREAM: 1, END_HEADERS: 4 } as const;

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** One HTTP/2 frame (RFC 9113, 4.1). */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A header field as an HPACK literal without indexing or Huffman coding (RFC 7541, 6.2.2); up to 126 bytes each. */
export function headerField(name: string, value: string): Buffer {
  return Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ]);
}

/** The header block of a gRPC request. */
export function grpcHeaders(path: string, more: Readonly<Record<string, string>> = {}): Buffer {
  const fields = {
    ":method": "POST",
    ":scheme": "http",
    ":path": path,
    ":authority": "hub",
    "content-type": "application/grpc",
    te: "trailers",
    ...more,
  };
  return Buffer.concat(Object.entries(fields).map(([name, value]) => headerField(name, value)));
}

/** A gRPC message: flag, length, bytes. `length` may lie. */
export function grpcMessage(bytes: Uint8Array, { length = bytes.length, compressed = false } = {}): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(compressed ? 1 : 0, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, bytes]);
}

/** Bytes as DATA frames of at most 16 KiB. */
export function dataFrames(stream: number, bytes: Uint8Array, flags = 0): Buffer {
  const frames: Buffer[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += 16_384) {
    const last = at + 16_384 >= bytes.length;
    frames.push(frame(frameType.DATA, last ? flags : 0, stream, bytes.subarray(at, at + 16_384)));
  }
  return Buffer.concat(frames);
}

/** A connection that writes whatever a test likes. */
export interface RawConnection {
  readonly socket: Socket;
  /** Writes; resolves once the kernel took it or the connection is gone. */
  write(bytes: Uint8Array): Promise<void>;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
  /** Whether it is gone. */
  gone(): boolean;
  destroy(): void;
}

/** Connects; `greeting` sends the client preface and an empty SETTINGS frame at once. */
export async function rawConnection(address: string, { greeting = true } = {}): Promise<RawConnection> {
  const at = address.lastIndexOf(":");
  const socket = connect({ host: address.slice(0, at), port: Number(address.slice(at + 1)), noDelay: true });
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => {}).resume();
  await Promise.race([new Promise((resolve) => socket.once("connect", resolve)), closed]);
  const write = (bytes: Uint8Array) =>
    Promise.race([new Promise<void>((resolve) => socket.write(bytes, () => resolve())), closed]);
  if (greeting) await write(Buffer.concat([preface, frame(frameType.SETTINGS, 0, 0)]));
  return { socket, write, closed, gone: () => socket.destroyed, destroy: () => socket.destroy() };
}

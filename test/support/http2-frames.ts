import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Frame types of RFC 9113, section 6. */
export const frameType = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

/** One frame as received. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** What a client says first. */
export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** The bytes of a frame, whatever they mean. */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.of()): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A SETTINGS frame with these entries. */
export function settings(entries: readonly (readonly [id: number, value: number])[] = []): Buffer {
  const payload = Buffer.alloc(6 * entries.length);
  entries.forEach(([id, value], at) => {
    payload.writeUInt16BE(id, 6 * at);
    payload.writeUInt32BE(value, 6 * at + 2);
  });
  return frame(frameType.SETTINGS, 0, 0, payload);
}

/** A header block of literals that enter no table (RFC 7541, 6.2.2). */
export function headerBlock(headers: Readonly<Record<string, string>>): Buffer {
  const text = (value: string) => {
    const bytes = Buffer.from(value);
    return Buffer.concat([integer(bytes.length), bytes]);
  };
  return Buffer.concat(
    Object.entries(headers).map(([name, value]) => Buffer.concat([Buffer.of(0), text(name), text(value)])),
  );
}

function integer(value: number): Buffer {
  if (value < 127) return Buffer.of(value);
  const octets = [127];
  let rest = value - 127;
  for (; rest >= 128; rest >>= 7) octets.push((rest & 127) | 128);
  return Buffer.from([...octets, rest]);
}

/** The headers of a gRPC call. */
export function callHeaders(method: string, more: Readonly<Record<string, string>> = {}): Buffer {
  return headerBlock({
    ":method": "POST",
    ":scheme": "http",
    ":path": method,
    ":authority": "localhost",
    "content-type": "application/grpc",
    te: "trailers",
    ...more,
  });
}

/** HEADERS with everything in one frame. */
export function headersFrame(stream: number, block: Buffer, endStream = false): Buffer {
  return frame(frameType.HEADERS, endStream ? 5 : 4, stream, block);
}

/** A connection that says exactly what it is told. */
export interface RawConnection {
  readonly socket: Socket;
  readonly frames: readonly Frame[];
  /** Settles when the other side has closed, or this one. */
  readonly closed: Promise<void>;
  /** Writes as fast as the other side reads; stops when it has closed. */
  send(bytes: Uint8Array): Promise<void>;
  destroy(): void;
}

/** Connects to "host:port". */
export async function connectRaw(address: string): Promise<RawConnection> {
  const at = address.lastIndexOf(":");
  const socket = connect({ host: address.slice(0, at), port: Number(address.slice(at + 1)), noDelay: true });
  const frames: Frame[] = [];
  let rest = Buffer.of();
  socket.on("error", () => {}); // seen as closed
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await once(socket, "connect");
  socket.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3);
      const [type, flags] = [rest[3]!, rest[4]!];
      frames.push({ type, flags, stream: rest.readUInt32BE(5) & 0x7fffffff, payload: rest.subarray(9, end) });
      rest = rest.subarray(end);
    }
  });
  return {
    socket,
    frames,
    closed,
    async send(bytes) {
      if (socket.destroyed || socket.write(bytes)) return;
      const drained = new Promise<void>((resolve) => socket.once("drain", () => resolve()));
      await Promise.race([drained, closed]);
    },
    destroy: () => void socket.destroy(),
  };
}

/** Connects and says what a polite client says first. */
export async function connectHttp2(
  address: string,
  entries: readonly (readonly [id: number, value: number])[] = [],
): Promise<RawConnection> {
  const connection = await connectRaw(address);
  await connection.send(Buffer.concat([preface, settings(entries), frame(frameType.SETTINGS, 1, 0)]));
  return connection;
}

import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from "node:http2";
import type { ConnectionOptions } from "node:tls";

/** What came back on one call. */
export interface CallOutcome {
  readonly httpStatus: number | undefined;
  /** grpc-status; undefined if none came. */
  readonly status: number | undefined;
  /** grpc-message, percent-decoded. */
  readonly message: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly trailers: Readonly<Record<string, unknown>>;
  /** Messages in order, without their prefix; `flags` holds the compressed flag of each. */
  readonly messages: readonly Buffer[];
  readonly flags: readonly number[];
  /** Everything that came as DATA. */
  readonly body: Buffer;
  /** Code of the RST_STREAM, 0 if there was none. */
  readonly resetCode: number;
}

/** A call under way. */
export interface TestCall {
  readonly stream: ClientHttp2Stream;
  /** Sends one message. */
  send(bytes: Uint8Array, compressed?: boolean): void;
  /** Sends bytes without a prefix. */
  sendRaw(bytes: Uint8Array): void;
  end(): void;
  /** Settles when at least this many messages have come. */
  received(count: number): Promise<void>;
  /** Settles when the stream has closed, however. */
  readonly outcome: Promise<CallOutcome>;
}

/** One connection to a gRPC server, close enough to the wire to break its rules. */
export interface TestConnection {
  readonly session: ClientHttp2Session;
  call(method: string, headers?: OutgoingHttpHeaders): TestCall;
  /** One message there, the outcome back. */
  unary(method: string, bytes: Uint8Array, headers?: OutgoingHttpHeaders): Promise<CallOutcome>;
  /** The debug text of the GOAWAY, once there is one. */
  readonly goaway: Promise<string>;
  close(): Promise<void>;
}

/** Puts the five octets in front of a message. */
export function framed(bytes: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
}

/** Connects to "host:port", with TLS if options say so; rejects if that fails. */
export async function connectGrpc(address: string, tls?: ConnectionOptions): Promise<TestConnection> {
  const session = connect(`${tls ? "https" : "http"}://${address}`, { ...tls });
  await once(session, "connect");
  session.on("error", () => {}); // seen as the outcome of its calls
  const goaway = new Promise<string>((resolve) => {
    session.once("goaway", (_code, _last, text) => resolve(text === undefined ? "" : Buffer.from(text).toString()));
  });
  const call = (method: string, headers: OutgoingHttpHeaders = {}) => startCall(session, method, headers);
  return {
    session,
    goaway,
    call,
    unary(method, bytes, headers) {
      const { send, end, outcome } = call(method, headers);
      send(bytes);
      end();
      return outcome;
    },
    async close() {
      if (session.destroyed) return;
      const closed = once(session, "close");
      session.destroy();
      await closed;
    },
  };
}

function startCall(session: ClientHttp2Session, method: string, headers: OutgoingHttpHeaders): TestCall {
  const stream = session.request({
    ":method": "POST",
    ":path": method,
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
  const chunks: Buffer[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  let first: Record<string, unknown> = {};
  let last: Record<string, unknown> = {};
  stream.on("response", (received) => {
    first = received;
  });
  stream.on("trailers", (received) => {
    last = received;
  });
  stream.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    if (waiting.length === 0) return;
    const { messages } = cut(Buffer.concat(chunks));
    for (const { count, resolve } of waiting) if (messages.length >= count) resolve();
  });
  stream.on("error", () => {}); // seen as resetCode
  const outcome = new Promise<CallOutcome>((resolve) => {
    stream.on("close", () => resolve(toOutcome(stream, first, last, Buffer.concat(chunks))));
  });
  return {
    stream,
    outcome,
    send: (bytes, compressed = false) => void stream.write(framed(bytes, compressed ? 1 : 0)),
    sendRaw: (bytes) => void stream.write(bytes),
    end: () => void stream.end(),
    received: (count) =>
      new Promise((resolve) => {
        if (cut(Buffer.concat(chunks)).messages.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
  };
}

function toOutcome(
  stream: ClientHttp2Stream,
  first: Record<string, unknown>,
  last: Record<string, unknown>,
  body: Buffer,
): CallOutcome {
  const status = last["grpc-status"] ?? first["grpc-status"];
  const message = last["grpc-message"] ?? first["grpc-message"] ?? "";
  const httpStatus = first[":status"];
  return {
    httpStatus: typeof httpStatus === "number" ? httpStatus : undefined,
    status: status === undefined ? undefined : Number(status),
    message: decodeURIComponent(String(message)),
    headers: first,
    trailers: last,
    ...cut(body),
    body,
    resetCode: stream.rstCode ?? 0,
  };
}

function cut(body: Buffer): { messages: Buffer[]; flags: number[] } {
  const messages: Buffer[] = [];
  const flags: number[] = [];
  let at = 0;
  while (at + 5 <= body.length && at + 5 + body.readUInt32BE(at + 1) <= body.length) {
    const end = at + 5 + body.readUInt32BE(at + 1);
    flags.push(body[at]!);
    messages.push(body.subarray(at + 5, end));
    at = end;
  }
  return { messages, flags };
}

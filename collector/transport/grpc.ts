/**
 * The one interface between gRPC framing and the services on top of it: method and bytes up, bytes and status down.
 * Implemented over node:http2 streams today; a frame-level server can take its place behind the same types.
 */

/** gRPC status codes in use (google.rpc.Code). */
export const grpcStatus = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

/** A call that ends with a status other than OK. Thrown or rejected by a handler, sent as trailers by the server. */
export class GrpcError extends Error {
  readonly status: number;
  /** A google.rpc.Status that says more, encoded. */
  readonly details: Uint8Array | undefined;

  constructor(status: number, message: string, details?: Uint8Array) {
    super(message);
    this.name = "GrpcError";
    this.status = status;
    this.details = details;
  }
}

/** Who is at the other end of a connection. */
export interface Peer {
  /** Remote address, "ip:port". */
  readonly address: string;
  /** SPIFFE id of the verified client certificate, with scheme. */
  readonly spiffeId: string | undefined;
}

/** One call, as a handler sees it. */
export interface GrpcCall {
  /** Full method, "/package.Service/Method". */
  readonly method: string;
  /** Request headers without pseudo headers, lower-case names; binary ones still base64. */
  readonly metadata: Readonly<Record<string, string | string[] | undefined>>;
  /** One of these that has one value, without making all of them ready. */
  header(name: string): string | undefined;
  readonly peer: Peer;
  /** The listener the call came in on. */
  readonly listener: string;
  /** When the caller gives up, in milliseconds since the epoch; undefined without grpc-timeout. */
  readonly deadlineMs: number | undefined;
  /** Aborts when the caller cancels, the deadline passes or the connection is lost. */
  readonly signal: AbortSignal;
}

/** The server's half of one call. The server reads no further messages while a returned promise is pending. */
export interface GrpcHandler {
  /** One message. The bytes are valid only until this returns or its promise settles, unless it copies them. */
  message(bytes: Uint8Array): void | Promise<void>;
  /**
   * The caller has sent everything, or the server is draining or rotating this stream and wants it to end well:
   * whatever remains to be sent is sent now. When this settles the call ends with OK.
   */
  end(): void | Promise<void>;
  /** The call ended early (cancel, deadline, lost connection, protocol fault); nothing can be sent any more. */
  abort?(reason: string): void;
}

/** How a handler answers; resolves when the message may be followed by another without growing a buffer. */
export type GrpcSend = (bytes: Uint8Array) => void | Promise<void>;

/** A method of a service. Each kind of call is `open` with its own habits; see `unary` and its siblings in grpc-method.ts. */
export interface GrpcMethod {
  /** Starts one call. Throwing a GrpcError ends it with that status. */
  open(call: GrpcCall, send: GrpcSend): GrpcHandler;
  /** True if the server may end the call by itself when draining or at a connection's maximum age (client and bidirectional streams). */
  readonly endsOnDrain: boolean;
  /**
   * True for unary and server streaming methods: the call takes exactly one message and ends with OK as soon as
   * `message` settles, without waiting for the caller's end. Absent means any number of messages, then `end`.
   */
  readonly takesOneMessage?: boolean;
  /**
   * True if messages that were on their way when the server itself ended the call may still be handed to `message`
   * after `end`, so that a rotated stream loses nothing.
   */
  readonly takesLateMessages?: boolean;
}

/** Methods by full name, "/package.Service/Method". */
export type GrpcMethods = ReadonlyMap<string, GrpcMethod>;

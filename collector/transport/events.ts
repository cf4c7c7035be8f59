/** Why a connection or a call was turned away. */
export type RefusalReason =
  | "connections" // the listener holds as many as it may
  | "reset" // the caller took the call back before it began
  | "calls" // the listener or the connection holds as many as it may
  | "alpn" // TLS without h2
  | "tls" // the handshake failed
  | "no-certificate" // a client certificate is required
  | "certificate" // the client certificate does not verify
  | "spiffe" // the client's SPIFFE id is missing, malformed or not on the list
  | "method" // not POST, or an unknown method
  | "content-type" // not application/grpc
  | "headers" // more or larger ones than allowed
  | "header" // a malformed gRPC header
  | "encoding"; // an unsupported grpc-encoding

/** What a peer did against HTTP/2 or gRPC. */
export type ProtocolFault =
  | "preface" // not HTTP/2
  | "handshake-timeout"
  | "frame" // a violation of HTTP/2
  | "flood" // HTTP/2's own limits on floods
  | "pings"
  | "settings"
  | "resets"
  | "message" // a malformed gRPC message
  | "message-size"
  | "message-timeout" // a message that does not arrive whole
  | "memory" // too much held in unfinished messages
  | "send-timeout"; // answers that nobody reads

/** Why a connection ended. */
export type CloseReason =
  | "peer" // closed or lost by the other side
  | "drain"
  | "age"
  | "idle"
  | "keepalive" // a ping was not answered
  | "refused"
  | "fault" // a protocol fault, counted by its reason
  | "shutdown"; // closed at once with the server

/** What the transport reports so that telemetry can count everything; called on the hot path, must not throw. */
export interface TransportEvents {
  connectionOpened(): void;
  connectionClosed(reason: CloseReason): void;
  /** A call of a known method began. */
  streamOpened(method: string): void;
  /** It ended with this gRPC status. */
  streamClosed(method: string, status: number): void;
  refused(reason: RefusalReason): void;
  protocolError(reason: ProtocolFault): void;
  /** Bytes on the wire since the last report, framing included. */
  bytes(received: number, sent: number): void;
  /** A handler threw something other than a GrpcError, which is a bug of ours. */
  handlerFault(method: string, error: unknown): void;
}

/** Events that nobody counts. */
export const noEvents: TransportEvents = {
  connectionOpened() {},
  connectionClosed() {},
  streamOpened() {},
  streamClosed() {},
  refused() {},
  protocolError() {},
  bytes() {},
  handlerFault() {},
};

import type { Attribute } from "./attribute.ts";

/** The attributes of a connection: of a TCP entry, or the one that a request came on. */
export const connectionAttributes = [
  { name: "connection.id", type: "STRING", meaning: "Id of the connection.", accessLog: "stream_id (TCP entries)" },
  {
    name: "connection.event",
    type: "STRING",
    meaning: "open, continue or close; absent on what reports an ended connection again.",
    accessLog:
      "TcpConnectionStart, TcpUpstreamConnected: `open`; TcpPeriodic: `continue`; TcpConnectionEnd, or NotSet with a duration: `close`; UDP sessions alike",
  },
  {
    name: "connection.received.bytes",
    type: "INT64",
    meaning: "Bytes received since the last entry.",
    accessLog: "growth of received_bytes since the last entry of this connection.id; the total when none was seen",
  },
  {
    name: "connection.received.bytes_total",
    type: "INT64",
    meaning: "Bytes received since the start.",
    accessLog: "received_bytes",
  },
  {
    name: "connection.sent.bytes",
    type: "INT64",
    meaning: "Bytes sent since the last entry.",
    accessLog: "growth of sent_bytes since the last entry of this connection.id; the total when none was seen",
  },
  {
    name: "connection.sent.bytes_total",
    type: "INT64",
    meaning: "Bytes sent since the start.",
    accessLog: "sent_bytes",
  },
  {
    name: "connection.duration",
    type: "DURATION",
    meaning: "Duration, on close.",
    accessLog: "duration, where connection.event is `close`",
  },
  {
    name: "connection.mtls",
    type: "BOOL",
    meaning: "Whether the client presented a certificate.",
    accessLog: "tls_properties.peer_certificate_properties is there and not empty",
    check: "a source.principal is there",
  },
  {
    name: "connection.requested_server_name",
    type: "STRING",
    meaning: "SNI.",
    accessLog: "tls_properties.tls_sni_hostname",
    check: "tls_session.sni",
    otel: "tls.client.server_name",
  },
  {
    name: "connection.tls.version",
    type: "STRING",
    meaning: "TLS version: 1.0, 1.1, 1.2 or 1.3.",
    ours: true,
    accessLog: "tls_properties.tls_version",
    otel: "tls.protocol.version",
  },
  {
    name: "connection.tls.cipher",
    type: "STRING",
    meaning: "TLS cipher suite: IANA name, or 0x and four hex digits.",
    ours: true,
    accessLog: "tls_properties.tls_cipher_suite",
    otel: "tls.cipher",
  },
  {
    name: "connection.termination",
    type: "STRING",
    meaning: "Why the connection ended.",
    ours: true,
    accessLog: "connection_termination_details",
  },
  {
    name: "connection.opened",
    type: "BOOL",
    meaning: "Whether this is the first entry seen of this connection, whatever its event: true once per connection.",
    ours: true,
    accessLog: "first entry of this connection.id, an end included",
  },
] as const satisfies readonly Attribute[];

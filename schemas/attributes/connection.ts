import type { Attribute } from "./attribute.ts";

/** The attributes of connection. */
export const connectionAttributes = [
  { name: "connection.id", type: "STRING", meaning: "Id of the connection." },
  { name: "connection.event", type: "STRING", meaning: "open, continue or close." },
  { name: "connection.received.bytes", type: "INT64", meaning: "Bytes received since the last entry." },
  { name: "connection.received.bytes_total", type: "INT64", meaning: "Bytes received since the start." },
  { name: "connection.sent.bytes", type: "INT64", meaning: "Bytes sent since the last entry." },
  { name: "connection.sent.bytes_total", type: "INT64", meaning: "Bytes sent since the start." },
  { name: "connection.duration", type: "DURATION", meaning: "Duration, on close." },
  { name: "connection.mtls", type: "BOOL", meaning: "Whether the client presented a certificate." },
  { name: "connection.requested_server_name", type: "STRING", meaning: "SNI." },
  { name: "connection.tls.version", type: "STRING", meaning: "TLS version." },
  { name: "connection.tls.cipher", type: "STRING", meaning: "TLS cipher suite, IANA name." },
  { name: "connection.termination", type: "STRING", meaning: "Why the connection ended." },
] as const satisfies readonly Attribute[];

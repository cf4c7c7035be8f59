import type { Attribute } from "./attribute.ts";

/** The attributes of response. */
export const responseAttributes = [
  { name: "response.code", type: "INT64", meaning: "HTTP status; absent when no response was sent." },
  { name: "response.code_details", type: "STRING", meaning: "Why the proxy answered so." },
  {
    name: "response.duration",
    type: "DURATION",
    meaning: "From the first byte of the request to the end of the response.",
  },
  { name: "response.size", type: "INT64", meaning: "Body bytes of the response." },
  { name: "response.total_size", type: "INT64", meaning: "Header and body bytes of the response." },
  { name: "response.time", type: "TIMESTAMP", meaning: "When the response ended." },
  { name: "response.headers", type: "STRING_MAP", meaning: "Response headers, lower-case names." },
  { name: "response.trailers", type: "STRING_MAP", meaning: "Response trailers, lower-case names." },
  { name: "response.grpc_status", type: "STRING", meaning: "gRPC status code, decimal." },
  { name: "response.grpc_message", type: "STRING", meaning: "gRPC status message." },
  { name: "upstream.cluster", type: "STRING", meaning: "Upstream cluster." },
  { name: "upstream.address", type: "IP_ADDRESS", meaning: "Address of the upstream host." },
  { name: "upstream.attempts", type: "INT64", meaning: "Attempts to reach the upstream." },
  { name: "upstream.duration", type: "DURATION", meaning: "From the first byte sent upstream to the last received." },
  {
    name: "upstream.first_byte.duration",
    type: "DURATION",
    meaning: "From the first byte sent upstream to the first received.",
  },
  { name: "upstream.failure", type: "STRING", meaning: "Why the upstream transport failed." },
] as const satisfies readonly Attribute[];

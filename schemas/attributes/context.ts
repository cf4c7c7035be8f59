import type { Attribute } from "./attribute.ts";

/** The attributes of context. */
export const contextAttributes = [
  {
    name: "context.signal",
    type: "STRING",
    meaning: "What carried the record: accesslog, span, report, check or limit.",
  },
  {
    name: "context.event",
    type: "STRING",
    meaning: "Which entry of a request this is: start, periodic, upstream or end.",
  },
  { name: "context.protocol", type: "STRING", meaning: "http, grpc or tcp." },
  { name: "context.time", type: "TIMESTAMP", meaning: "Time of the operation." },
  { name: "context.timestamp", type: "TIMESTAMP", meaning: "Older name of context.time." },
  { name: "context.weight", type: "DOUBLE", meaning: "How many requests this one stands for (1 / sample rate)." },
  { name: "context.proxy_error_code", type: "STRING", meaning: "Envoy response flags joined by commas." },
  { name: "context.proxy_version", type: "STRING", meaning: "Version of the proxy." },
  { name: "context.reporter.kind", type: "STRING", meaning: "inbound (server side) or outbound (client side)." },
  { name: "context.reporter.uid", type: "STRING", meaning: "The proxy that reports." },
  {
    name: "context.reporter.local",
    type: "BOOL",
    meaning: "Whether the reporter is on the destination side (deprecated).",
  },
  { name: "context.reporter.cluster", type: "STRING", meaning: "The proxy's own cluster name (node.cluster)." },
  { name: "context.log_name", type: "STRING", meaning: "Name of the access logger." },
  {
    name: "context.extensions",
    type: "STRING_MAP",
    meaning: "Extensions that the proxy's configuration adds to a check.",
  },
] as const satisfies readonly Attribute[];

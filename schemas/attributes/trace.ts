import type { Attribute } from "./attribute.ts";

const headers = "header traceparent, else b3, else x-b3-*, if logged";
const checked = "header traceparent, else b3, else x-b3-*";

/** The attributes of the trace that a request belongs to. */
export const traceAttributes = [
  {
    name: "trace.id",
    type: "STRING",
    meaning: "Trace id, 32 lower-case hex digits.",
    ours: true,
    accessLog: headers,
    check: checked,
    spanField: "trace_id",
  },
  {
    name: "trace.span_id",
    type: "STRING",
    meaning: "Span id, 16 lower-case hex digits.",
    ours: true,
    accessLog: headers,
    check: checked,
    spanField: "span_id",
  },
  {
    name: "trace.sampled",
    type: "BOOL",
    meaning: "Whether the trace is sampled.",
    ours: true,
    accessLog: headers,
    check: checked,
    spanField: "flags, bit 0",
  },
  {
    name: "trace.parent_span_id",
    type: "STRING",
    meaning: "Span id of the parent, 16 lower-case hex digits; absent on a root.",
    ours: true,
    spanField: "parent_span_id",
  },
  {
    name: "trace.state",
    type: "STRING",
    meaning: "W3C tracestate of the span.",
    ours: true,
    spanField: "trace_state",
  },
  { name: "span.name", type: "STRING", meaning: "Name of the span.", ours: true, spanField: "name" },
  {
    name: "span.kind",
    type: "STRING",
    meaning: "internal, server, client, producer or consumer.",
    ours: true,
    spanField: "kind; absent if unspecified",
  },
  {
    name: "span.status",
    type: "STRING",
    meaning: "unset, ok or error.",
    ours: true,
    spanField: "status code",
  },
  {
    name: "span.service",
    type: "STRING",
    meaning: "Service that made the span.",
    ours: true,
    spanField: "service.name of the resource, but for unknown_service",
  },
  {
    name: "span.size",
    type: "INT64",
    meaning: "Bytes of the span as an OTLP message, without its resource.",
    ours: true,
    spanField: "its length",
  },
] as const satisfies readonly Attribute[];

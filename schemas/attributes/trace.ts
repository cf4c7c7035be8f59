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
] as const satisfies readonly Attribute[];

import type { Attribute } from "./attribute.ts";

/** The attributes of trace. */
export const traceAttributes = [
  { name: "trace.id", type: "STRING", meaning: "Trace id, lower-case hex." },
  { name: "trace.span_id", type: "STRING", meaning: "Span id, lower-case hex." },
  { name: "trace.sampled", type: "BOOL", meaning: "Whether the trace is sampled." },
] as const satisfies readonly Attribute[];

import type { TraceSpanDeclaration } from "./instance.ts";

/** The service that the hub's own spans belong to. */
export const ownService = "mixdown";

/** What an adapter is told about the spans of the hub's own work. */
export const ownSpans: TraceSpanDeclaration = {
  name: "tracing",
  template: "tracespan",
  attributes: {
    "error.type": "STRING",
    "mixdown.source": "STRING",
    "mixdown.handler": "STRING",
    "mixdown.outcome": "STRING",
    "mixdown.cause": "STRING",
    "mixdown.records": "INT64",
    "mixdown.malformed": "INT64",
    "mixdown.items": "INT64",
    "mixdown.descriptors": "INT64",
    "check.id": "STRING",
    "check.rule": "STRING",
    "check.revision": "STRING",
    "check.allowed": "BOOL",
    "check.cache": "STRING",
    "check.error_code": "INT64",
    "check.shadow": "STRING",
    "ratelimit.domain": "STRING",
    "http.route": "STRING",
  },
};

import type { RejectedSpan } from "../../schemas/model/span.ts";
import type { Signal } from "./otlp/answers.ts";
import { logRecord, metric, span } from "./otlp-json/messages.ts";
import { createRequestReader, type JsonShape } from "./otlp-json/request.ts";

/** A request in JSON, as protobuf. */
export interface ConvertedRequest {
  readonly bytes: Uint8Array;
  /** Items that could not be read, the first few with why; they are not in the bytes. */
  readonly rejected: readonly RejectedSpan[];
  readonly rejectedCount: number;
  /** The number that each item in the bytes had in the text, if that is not its place. */
  readonly places: readonly number[] | undefined;
}

export { OtlpJsonError } from "./otlp-json/request.ts";

const shapes: Readonly<Record<Signal, JsonShape>> = {
  traces: { resources: "resourceSpans", scopes: "scopeSpans", items: "spans", item: "span", fields: span },
  logs: { resources: "resourceLogs", scopes: "scopeLogs", items: "logRecords", item: "log record", fields: logRecord },
  metrics: {
    resources: "resourceMetrics",
    scopes: "scopeMetrics",
    items: "metrics",
    item: "metric",
    fields: metric,
  },
};

/**
 * Turns a request in OTLP's JSON into protobuf, in turns: yields every quarter of a megabyte. An item that cannot be read is
 * left out alone. Throws OtlpJsonError for what is no JSON, or no request.
 */
export function convertJson(text: string, signal: Signal): Generator<void, ConvertedRequest> {
  return createRequestReader(text, shapes[signal]).read();
}

import type { TraceSpanInstance } from "../../schemas/model/instance.ts";
import type { Attributes, Fit } from "./attributes.ts";
import { millisecondsOf } from "./time.ts";

/** A span in New Relic's own format. */
export interface Span {
  readonly id: string;
  readonly "trace.id": string;
  readonly timestamp: number;
  readonly attributes: Attributes;
}

/** The span that an instance becomes. An error without `error.message` gets one, by which New Relic tells errors. */
export function toSpan(span: TraceSpanInstance, fitted: Fit): Span {
  const { spanId, traceId, parentSpanId, name, service, kind, status, startTime, endTime } = span;
  const fields = {
    name,
    "service.name": service,
    "duration.ms": (endTime.seconds - startTime.seconds) * 1000 + (endTime.nanos - startTime.nanos) / 1e6,
    "span.kind": kind,
    ...(parentSpanId === undefined ? {} : { "parent.id": parentSpanId }),
    ...(status === "unset" ? {} : { "otel.status_code": status.toUpperCase() }),
  };
  const error: Attributes = status === "error" ? { "error.message": "error" } : {};
  return {
    id: spanId,
    "trace.id": traceId,
    timestamp: millisecondsOf(startTime),
    attributes: fitted({ ...error, ...span.attributes, ...fields }),
  };
}

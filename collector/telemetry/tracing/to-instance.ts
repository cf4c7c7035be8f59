import { type HrTime, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import type { PlainValue, TraceSpanInstance } from "../../../schemas/model/instance.ts";
import { ownService, ownSpans } from "../../../schemas/model/own-spans.ts";
import type { Timestamp } from "../../../schemas/model/value.ts";

const kinds: Readonly<Record<SpanKind, TraceSpanInstance["kind"]>> = {
  [SpanKind.INTERNAL]: "internal",
  [SpanKind.SERVER]: "server",
  [SpanKind.CLIENT]: "client",
  [SpanKind.PRODUCER]: "producer",
  [SpanKind.CONSUMER]: "consumer",
};

/** A span of the SDK in the form in which handlers take spans. */
export function toInstance(span: ReadableSpan): TraceSpanInstance {
  const { traceId, spanId } = span.spanContext();
  return {
    template: "tracespan",
    instance: ownSpans.name,
    ...{ traceId, spanId, parentSpanId: span.parentSpanContext?.spanId },
    ...{ name: span.name, kind: kinds[span.kind], service: ownService },
    ...{ startTime: toTimestamp(span.startTime), endTime: toTimestamp(span.endTime) },
    status: span.status.code === SpanStatusCode.ERROR ? "error" : "unset",
    attributes: span.attributes as Readonly<Record<string, PlainValue>>,
  };
}

const toTimestamp = ([seconds, nanos]: HrTime): Timestamp => ({ seconds, nanos });

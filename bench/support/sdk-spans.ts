import { type Attributes, type HrTime, TraceFlags } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import type { AnyValue, KeyValue } from "../../schemas/gen/opentelemetry/proto/common/v1/common_pb.js";
import type { ResourceSpans, Span } from "../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";

/** Spans as OpenTelemetry's SDK has them, which its export path takes. */
export function toSdkSpans({ resource, scopeSpans }: ResourceSpans): ReadableSpan[] {
  const of = resourceFromAttributes(attributesOf(resource?.attributes ?? []));
  return scopeSpans.flatMap(({ scope, spans }) => {
    const { name = "", version } = scope ?? {};
    const instrumentationScope = { name, version };
    return spans.map((span) => ({ ...toSdkSpan(span), resource: of, instrumentationScope }));
  });
}

function toSdkSpan(span: Span): Omit<ReadableSpan, "resource" | "instrumentationScope"> {
  const { name, attributes, events, startTimeUnixNano, endTimeUnixNano } = span;
  const context = { traceId: hex(span.traceId), spanId: hex(span.spanId), traceFlags: TraceFlags.SAMPLED };
  const parent = span.parentSpanId.length === 0 ? undefined : { ...context, spanId: hex(span.parentSpanId) };
  return {
    spanContext: () => context,
    ...(parent && { parentSpanContext: parent }),
    ...{ name, kind: span.kind - 1, status: { code: 0 }, attributes: attributesOf(attributes), ended: true },
    startTime: toHrTime(startTimeUnixNano),
    endTime: toHrTime(endTimeUnixNano),
    duration: toHrTime(endTimeUnixNano - startTimeUnixNano),
    events: events.map((event) => ({ name: event.name, time: toHrTime(event.timeUnixNano) })),
    links: [],
    ...{ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
  };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const toHrTime = (nanos: bigint): HrTime => [Number(nanos / 1_000_000_000n), Number(nanos % 1_000_000_000n)];

const attributesOf = (list: readonly KeyValue[]): Attributes =>
  Object.fromEntries(list.map(({ key, value }) => [key, scalarOf(value)]));

/** The bench's spans have text only. */
function scalarOf(value: AnyValue | undefined): string {
  if (value?.value.case !== "stringValue") throw new Error("an attribute that is no text");
  return value.value.value;
}

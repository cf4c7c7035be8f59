import { type Attributes, type HrTime, SpanKind, SpanStatusCode, TraceFlags } from "@opentelemetry/api";
import { type Resource, resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import type { InstanceDeclaration, PlainValue, TraceSpanInstance } from "../../../../schemas/model/instance.ts";
import type { Timestamp, ValueType } from "../../../../schemas/model/value.ts";
import { typesOf } from "../encoder.ts";
import type { ResourceAttributes } from "../envelope.ts";

/** What spans are made with. */
export interface ReadableSpanOptions {
  readonly instances: readonly InstanceDeclaration[];
  /** Attributes of every resource, beside `service.name`. */
  readonly resource: ResourceAttributes;
}

const kinds: Record<TraceSpanInstance["kind"], SpanKind> = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};
const statuses: Record<TraceSpanInstance["status"], SpanStatusCode> = {
  unset: SpanStatusCode.UNSET,
  ok: SpanStatusCode.OK,
  error: SpanStatusCode.ERROR,
};

/** The exporter puts spans of the same object together. */
const scope = { name: "mixdown" };

/** Turns spans that rules make into those of OpenTelemetry's SDK; spans of one batch and service share their resource. */
export function createReadableSpans({ instances, resource }: ReadableSpanOptions) {
  const types = typesOf(instances);
  return (batch: readonly TraceSpanInstance[]): ReadableSpan[] => {
    const resources = new Map<string, Resource>();
    const resourceOf = (service: string): Resource => {
      const known = resources.get(service) ?? resourceFromAttributes({ "service.name": service, ...resource });
      resources.set(service, known);
      return known;
    };
    return batch.map((span) => toReadableSpan(span, resourceOf(span.service), types.get(span.instance)));
  };
}

function toReadableSpan(
  span: TraceSpanInstance,
  resource: Resource,
  types: Readonly<Record<string, ValueType>> = {},
): ReadableSpan {
  const { traceId, spanId, parentSpanId, startTime, endTime } = span;
  const context = { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
  return {
    spanContext: () => context,
    ...(parentSpanId === undefined ? {} : { parentSpanContext: { ...context, spanId: parentSpanId, isRemote: true } }),
    ...{ name: span.name, kind: kinds[span.kind], status: { code: statuses[span.status] } },
    ...{ startTime: toHrTime(startTime), endTime: toHrTime(endTime), duration: between(startTime, endTime) },
    ...{ attributes: toAttributes(span.attributes, types), resource, instrumentationScope: scope },
    ...{ links: [], events: [], ended: true },
    ...{ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
  };
}

/** What 64 bits of nanoseconds hold; outside, the time is unknown. */
const MAX_SECONDS = 18_446_744_073;

const toHrTime = ({ seconds, nanos }: Timestamp): HrTime =>
  seconds >= 0 && seconds < MAX_SECONDS ? [seconds, nanos] : [0, 0];

function between(start: Timestamp, end: Timestamp): HrTime {
  const nanos = end.nanos - start.nanos;
  const seconds = end.seconds - start.seconds;
  return nanos < 0 ? [seconds - 1, nanos + 1e9] : [seconds, nanos];
}

function toAttributes(
  values: Readonly<Record<string, PlainValue>>,
  types: Readonly<Record<string, ValueType>>,
): Attributes {
  const attributes: Record<string, unknown> = {};
  for (const name in values) attributes[name] = toAttribute(values[name] as PlainValue, types[name]);
  // The exporter takes maps, which the SDK's type does not name.
  return attributes as Attributes;
}

/** Whole numbers from 2^53 on come as text: a number where that is exact. Doubles that JSON cannot hold do, too. */
function toAttribute(value: PlainValue, type: ValueType | undefined): PlainValue {
  if (typeof value !== "string" || (type !== "INT64" && type !== "DOUBLE")) return value;
  const number = Number(value);
  if (type === "DOUBLE") return Number.isNaN(number) && value !== "NaN" ? value : number;
  return Number.isInteger(number) && String(BigInt(number)) === value ? number : value;
}

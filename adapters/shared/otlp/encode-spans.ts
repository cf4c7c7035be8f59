import type { InstanceDeclaration, TraceSpanInstance } from "../../../schemas/model/instance.ts";
import { type AttributeTypes, writeAttributes } from "./attributes.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { createEncoder, type Encoder, typesOf } from "./encoder.ts";
import type { ResourceAttributes } from "./envelope.ts";
import { writeId, writeNumber, writeText, writeTime } from "./fields.ts";

/** How spans are made. */
export interface SpanEncoding {
  readonly instances: readonly InstanceDeclaration[];
  /** Attributes of every resource, beside `service.name`. */
  readonly resource: ResourceAttributes;
}

/** Turns spans made by rules into OTLP spans, grouped by their service. */
export function createSpanEncoder({ instances, resource }: SpanEncoding): Encoder<TraceSpanInstance> {
  const types = typesOf(instances);
  return createEncoder<TraceSpanInstance>({
    resource,
    serviceOf: ({ service }) => service,
    write: (writer, span) => writeSpan(writer, span, types.get(span.instance)),
  });
}

const kinds: Record<TraceSpanInstance["kind"], number> = {
  internal: 1,
  server: 2,
  client: 3,
  producer: 4,
  consumer: 5,
};
const statusCodes: Record<TraceSpanInstance["status"], number> = { unset: 0, ok: 1, error: 2 };

/**
 * Span: trace_id = 1, span_id = 2, parent_span_id = 4, name = 5, kind = 6, start_time_unix_nano = 7,
 * end_time_unix_nano = 8, attributes = 9, status = 15 { code = 3 }.
 */
function writeSpan(writer: ByteWriter, span: TraceSpanInstance, types?: AttributeTypes): void {
  const start = writer.begin(2);
  writeId(writer, 1, span.traceId, 32);
  writeId(writer, 2, span.spanId, 16);
  writeId(writer, 4, span.parentSpanId, 16);
  writeText(writer, 5, span.name);
  writeNumber(writer, 6, kinds[span.kind]);
  writeTime(writer, 7, span.startTime);
  writeTime(writer, 8, span.endTime);
  writeAttributes(writer, 9, span.attributes, types);
  writeStatus(writer, statusCodes[span.status]);
  writer.end(start);
}

function writeStatus(writer: ByteWriter, code: number): void {
  if (code === 0) return;
  const start = writer.begin(15);
  writeNumber(writer, 3, code);
  writer.end(start);
}

import { create } from "@bufbuild/protobuf";
import { type Span, Span_LinkSchema, StatusSchema } from "../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import { spanKind } from "../../schemas/model/span.ts";
import { aSpan } from "./otlp-span.ts";

type Attributes = Readonly<Record<string, string | number | boolean>>;

/** What makes a span of a trace; the rest is `aSpan`'s. */
export interface Place {
  readonly id: number;
  /** 0 and absent: none. */
  readonly parent?: number;
  readonly trace?: number;
  readonly failed?: boolean;
  readonly links?: readonly Pick<Place, "id" | "trace">[];
  readonly rest?: Partial<Span>;
}

/** An id of 8 or 16 bytes that ends in a number. */
export function idBytes(number: number, length: 8 | 16): Uint8Array {
  const id = Buffer.alloc(length);
  id.writeUInt32BE(number, length - 4);
  return new Uint8Array(id);
}

/** A span of a kind at a place of a trace. */
export function spanAt(
  kind: keyof typeof spanKind,
  { id, parent = 0, trace = 1, failed = false, links = [], rest = {} }: Place,
  attributes: Attributes = {},
): Span {
  return aSpan(1, attributes, {
    traceId: idBytes(trace, 16),
    spanId: idBytes(id, 8),
    parentSpanId: parent === 0 ? new Uint8Array() : idBytes(parent, 8),
    kind: spanKind[kind],
    ...(failed && { status: create(StatusSchema, { code: 2 }) }),
    links: links.map((link) =>
      create(Span_LinkSchema, { traceId: idBytes(link.trace ?? 1, 16), spanId: idBytes(link.id, 8) }),
    ),
    ...rest,
  });
}

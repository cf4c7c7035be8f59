import { create, type Message, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import {
  type AnyValue,
  AnyValueSchema,
  InstrumentationScopeSchema,
  KeyValueSchema,
} from "../../schemas/gen/opentelemetry/proto/common/v1/common_pb.js";
import { ResourceSchema } from "../../schemas/gen/opentelemetry/proto/resource/v1/resource_pb.js";
import {
  ResourceSpansSchema,
  ScopeSpansSchema,
  Span_EventSchema,
  Span_LinkSchema,
  SpanSchema,
  StatusSchema,
  type TracesData,
  TracesDataSchema,
} from "../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import { spanKeys } from "../../schemas/model/span.ts";

/** Any text, also such as is no UTF-16. */
export const text = fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: "binary", maxLength: 20 }));
const int64 = fc.oneof(fc.bigInt(-3n, 1000n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n));
const uint32 = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
/** From 1970 to 2200, and 0. */
export const nanos = fc.oneof(fc.constant(0n), fc.bigInt(0n, 7_258_118_400_000_000_000n));

/** Puts unknown fields behind those of a message, now and then. */
export function unknownToo<T extends Message>(message: fc.Arbitrary<T>): fc.Arbitrary<T> {
  const field = fc.oneof(
    fc.record({
      no: fc.integer({ min: 100, max: 2 ** 29 - 1 }),
      wireType: fc.constant(WireType.LengthDelimited),
      data: fc.uint8Array({ maxLength: 9 }).map((bytes) => Uint8Array.of(bytes.length, ...bytes)),
    }),
    fc.constant({ no: 99, wireType: WireType.Varint, data: Uint8Array.of(0x80, 1) }),
    fc.constant({ no: 300, wireType: WireType.Bit32, data: Uint8Array.of(1, 2, 3, 4) }),
  );
  return fc.tuple(message, fc.option(field, { nil: undefined, freq: 1 })).map(([made, unknown]) => {
    if (unknown !== undefined) made.$unknown = [unknown];
    return made;
  });
}

const { value } = fc.letrec<{ value: AnyValue; list: AnyValue[]; pairs: MessageShape<typeof KeyValueSchema>[] }>(
  (tie) => ({
    value: fc
      .oneof(
        { depthSize: "small", maxDepth: 4 },
        fc.constant({ case: undefined, value: undefined }),
        text.map((value) => ({ case: "stringValue" as const, value })),
        fc.boolean().map((value) => ({ case: "boolValue" as const, value })),
        int64.map((value) => ({ case: "intValue" as const, value })),
        fc.double({ noNaN: true }).map((value) => ({ case: "doubleValue" as const, value })),
        fc.uint8Array({ maxLength: 8 }).map((value) => ({ case: "bytesValue" as const, value })),
        tie("list").map((values) => ({ case: "arrayValue" as const, value: { values } })),
        tie("pairs").map((values) => ({ case: "kvlistValue" as const, value: { values } })),
      )
      .map((value) => create(AnyValueSchema, { value } as never)),
    list: fc.array(tie("value"), { maxLength: 3 }),
    pairs: fc
      .array(fc.tuple(text, tie("value")), { maxLength: 3 })
      .map((pairs) => pairs.map(([key, value]) => create(KeyValueSchema, { key, value }))),
  }),
);

const keyValue = unknownToo(
  fc
    .tuple(
      fc.oneof(fc.constantFrom<string>(...spanKeys, "http.request.header.x-a"), text),
      fc.option(value, { nil: undefined }),
    )
    .map(([key, value]) => create(KeyValueSchema, value === undefined ? { key } : { key, value })),
);
/** Attributes of every kind of value. */
export const attributes = fc.array(keyValue, { maxLength: 6 });
const id = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).filter((bytes) => bytes.some((byte) => byte !== 0));

const event = unknownToo(
  fc
    .record({ timeUnixNano: nanos, name: text, attributes, droppedAttributesCount: uint32 })
    .map((event) => create(Span_EventSchema, event)),
);
const link = unknownToo(
  fc
    .record({
      traceId: id(16),
      spanId: id(8),
      traceState: text,
      attributes,
      droppedAttributesCount: uint32,
      flags: uint32,
    })
    .map((link) => create(Span_LinkSchema, link)),
);

/** Spans that are sound, of every field at its limits, with unknown ones between. */
export const arbitrarySpan = unknownToo(
  fc
    .record({
      traceId: id(16),
      spanId: id(8),
      traceState: text,
      parentSpanId: fc.oneof(fc.constant(new Uint8Array(0)), id(8)),
      name: text,
      kind: fc.integer({ min: 0, max: 7 }),
      startTimeUnixNano: nanos,
      endTimeUnixNano: nanos,
      attributes,
      droppedAttributesCount: uint32,
      events: fc.array(event, { maxLength: 2 }),
      droppedEventsCount: uint32,
      links: fc.array(link, { maxLength: 2 }),
      droppedLinksCount: uint32,
      status: fc.option(
        fc
          .record({ message: text, code: fc.integer({ min: 0, max: 2 }) })
          .map((status) => create(StatusSchema, status)),
        { nil: undefined },
      ),
      flags: uint32,
    })
    .map(({ status, ...span }) => create(SpanSchema, status === undefined ? span : { ...span, status })),
);

/** A resource. */
export const resource = unknownToo(
  fc.record({ attributes, droppedAttributesCount: uint32 }).map((resource) => create(ResourceSchema, resource)),
);
/** A scope. */
export const scope = unknownToo(
  fc
    .record({ name: text, version: text, attributes, droppedAttributesCount: uint32 })
    .map((scope) => create(InstrumentationScopeSchema, scope)),
);
const scopeSpans = unknownToo(
  fc
    .record({ scope, spans: fc.array(arbitrarySpan, { maxLength: 4 }), schemaUrl: text })
    .map((spans) => create(ScopeSpansSchema, spans)),
);
const resourceSpans = unknownToo(
  fc
    .record({ resource, scopeSpans: fc.array(scopeSpans, { maxLength: 3 }), schemaUrl: text })
    .map((spans) => create(ResourceSpansSchema, spans)),
);

/** Requests of any number of resources, scopes and spans. */
export const arbitraryTraces: fc.Arbitrary<TracesData> = unknownToo(
  fc.array(resourceSpans, { maxLength: 3 }).map((all) => create(TracesDataSchema, { resourceSpans: all })),
);

/** Every span of a request with all that is around it, as bytes: unknown fields and all. */
export function spansIn(data: TracesData): string[] {
  return data.resourceSpans.flatMap((resource) =>
    resource.scopeSpans.flatMap((scope) =>
      scope.spans.map((span) => {
        const alone = { ...resource, scopeSpans: [{ ...scope, spans: [span] }] };
        return Buffer.from(toBinary(ResourceSpansSchema, alone)).toString("base64");
      }),
    ),
  );
}

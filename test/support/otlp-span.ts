import { create, toBinary } from "@bufbuild/protobuf";
import {
  AnyValueSchema,
  type KeyValue,
  KeyValueSchema,
} from "../../schemas/gen/opentelemetry/proto/common/v1/common_pb.js";
import { type Span, SpanSchema, TracesDataSchema } from "../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";

type Plain = string | number | bigint | boolean;

/** An attribute of OTLP; whole numbers are integers. */
export function keyValue(key: string, value: Plain): KeyValue {
  return create(KeyValueSchema, { key, value: create(AnyValueSchema, { value: anyValue(value) }) });
}

function anyValue(value: Plain) {
  if (typeof value === "string") return { case: "stringValue" as const, value };
  if (typeof value === "boolean") return { case: "boolValue" as const, value };
  if (typeof value === "bigint" || Number.isInteger(value)) return { case: "intValue" as const, value: BigInt(value) };
  return { case: "doubleValue" as const, value };
}

/** Attributes of OTLP by name. */
export function keyValues(attributes: Readonly<Record<string, Plain>>) {
  return Object.entries(attributes).map(([key, value]) => keyValue(key, value));
}

/** A sound span with these attributes; ids are made of `n`. */
export function aSpan(n: number, attributes: Readonly<Record<string, Plain>> = {}, rest: Partial<Span> = {}): Span {
  const span = create(SpanSchema, {
    traceId: new Uint8Array(16).fill(n),
    spanId: new Uint8Array(8).fill(n),
    name: `span ${n}`,
    startTimeUnixNano: 1_795_345_979_000_000_000n,
    endTimeUnixNano: 1_795_345_979_012_345_678n,
    attributes: keyValues(attributes),
  });
  return Object.assign(span, rest);
}

/** A request of one resource and one scope. */
export function aRequest(spans: readonly Span[], resource: Readonly<Record<string, Plain>> = {}): Uint8Array {
  const data = {
    resourceSpans: [{ resource: { attributes: keyValues(resource) }, scopeSpans: [{ spans: [...spans] }] }],
  };
  return toBinary(TracesDataSchema, create(TracesDataSchema, data));
}

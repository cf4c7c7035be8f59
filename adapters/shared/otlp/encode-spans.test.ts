import { fromBinary } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import {
  type Span,
  Span_SpanKind as SpanKind,
  Status_StatusCode as StatusCode,
  TracesDataSchema,
} from "../../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import type { TraceSpanInstance } from "../../../schemas/model/instance.ts";
import { aSpan } from "../../testing/instances.ts";
import { createSpanEncoder } from "./encode-spans.ts";
import { plainAttributes } from "./plain.fixture.ts";

const encoder = createSpanEncoder({
  instances: [
    { name: "spans", template: "tracespan", attributes: { "http.response.status_code": "INT64", share: "DOUBLE" } },
  ],
  resource: { "host.name": "h" },
});

const decode = (batch: readonly TraceSpanInstance[]) =>
  fromBinary(TracesDataSchema, encoder.encode(batch)).resourceSpans;
const only = (span: TraceSpanInstance): Span => decode([span])[0]!.scopeSpans[0]!.spans[0]!;
const bytes = (digits: string) => new Uint8Array(Buffer.from(digits, "hex"));

it("writes ids, name, times and attributes by their type", () => {
  const span = only(
    aSpan("spans", { parentSpanId: "00f067aa0ba902b7", attributes: { "http.response.status_code": 200, share: 1 } }),
  );
  expect(span).toMatchObject({
    traceId: bytes("0af7651916cd43dd8448eb211c80319c"),
    spanId: bytes("b7ad6b7169203331"),
    parentSpanId: bytes("00f067aa0ba902b7"),
    name: "GET /",
    startTimeUnixNano: 1_700_000_000_000_000_000n,
    endTimeUnixNano: 1_700_000_000_012_500_000n,
  });
  expect(plainAttributes(span.attributes)).toEqual({ "http.response.status_code": 200n, share: 1 });
});

it("leaves the parent of a root out", () => {
  expect(only(aSpan("spans")).parentSpanId).toHaveLength(0);
});

it.each(["internal", "server", "client", "producer", "consumer"] as const)("writes the kind %s", (kind) => {
  expect(only(aSpan("spans", { kind })).kind).toBe(SpanKind[kind.toUpperCase() as keyof typeof SpanKind]);
});

it.each(["unset", "ok", "error"] as const)("writes the status %s", (status) => {
  const code = only(aSpan("spans", { status })).status?.code ?? StatusCode.UNSET;
  expect(code).toBe(StatusCode[status.toUpperCase() as keyof typeof StatusCode]);
});

it("groups a batch by service", () => {
  const resources = decode([aSpan("spans"), aSpan("spans", { service: "web" }), aSpan("spans", { name: "third" })]).map(
    ({ resource, scopeSpans }) => [plainAttributes(resource!.attributes), scopeSpans[0]!.spans.map(({ name }) => name)],
  );
  expect(resources).toEqual([
    [{ "service.name": "cart", "host.name": "h" }, ["GET /", "third"]],
    [{ "service.name": "web", "host.name": "h" }, ["GET /"]],
  ]);
});

import { fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, it } from "vitest";
import { SpanSchema, TracesDataSchema } from "../../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import type { SpanPiece } from "../../../schemas/model/span.ts";
import { arbitraryTraces, spansIn } from "../../../test/property/arbitrary-traces.ts";
import { aRequest, aSpan } from "../../../test/support/otlp-span.ts";
import { createSpanDecoder } from "../otlp-spans.ts";
import { createSpanWrapper } from "./wrap-spans.ts";

const decoder = createSpanDecoder({ now: () => Date.parse("2199-12-31T00:00:00Z") });
const wrap = createSpanWrapper();

const read = (pieces: readonly SpanPiece[]) =>
  fromBinary(TracesDataSchema, Buffer.concat(pieces.map(({ bytes }) => bytes)));

/** Lifts every span out of a request and wraps it again, alone. */
function through(bytes: Uint8Array, threshold?: string): SpanPiece[] {
  const batch = decoder.read(bytes, "otlp");
  const places: number[] = [];
  do {
    batch.resume();
    while (batch.next() !== undefined) places.push(batch.place);
  } while (batch.more);
  const pieces: SpanPiece[] = [];
  batch.lift(places, undefined, (_, { resource, scope }, span) =>
    pieces.push(...wrap(resource, [{ scope, spans: [{ bytes: span, threshold }] }])),
  );
  return pieces;
}

it("puts spans back as they were, each with its resource and scope, unknown fields included", () => {
  fc.assert(
    fc.property(arbitraryTraces, (data) => {
      expect(spansIn(read(through(toBinary(TracesDataSchema, data))))).toEqual(spansIn(data));
    }),
    { numRuns: 200 },
  );
});

it("says what they passed", () => {
  const spans = [
    aSpan(1),
    aSpan(2, {}, { traceState: "a=b,ot=rv:ffffffffffffff;th:2" }),
    aSpan(3, {}, { traceState: "ot=th:c" }),
  ];
  const states = read(through(aRequest(spans), "80000000000000")).resourceSpans.map(
    ({ scopeSpans }) => scopeSpans[0]?.spans[0]?.traceState,
  );
  expect(states).toEqual(["ot=th:8", "ot=th:8;rv:ffffffffffffff,a=b", "ot=th:c"]);
});

it("puts together what fits into a request, with each scope where its spans are", () => {
  const spans = Array.from({ length: 6 }, () => ({ bytes: aSpanOf(100_000), threshold: undefined }));
  const scopes = ["one", "two"].map((name) => ({ scope: scopeOf(name), spans }));
  const pieces = wrap(new Uint8Array(0), scopes);
  expect(pieces.map((piece) => piece.spans)).toEqual([5, 5, 2]);
  const names = pieces.map((piece) =>
    read([piece]).resourceSpans[0]?.scopeSpans.map(({ scope, spans }) => `${scope?.name} ${spans.length}`),
  );
  expect(names).toEqual([["one 5"], ["one 1", "two 4"], ["two 2"]]);
  for (const { bytes } of pieces) expect(bytes.length).toBeLessThan(530_000);
});

const aSpanOf = (length: number) => toBinary(SpanSchema, aSpan(1, { a: "x".repeat(length) }));
const scopeOf = (name: string) => Uint8Array.of(10, name.length + 2, 10, name.length, ...Buffer.from(name));

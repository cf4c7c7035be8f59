import { fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  ResourceSpansSchema,
  type TracesData,
  TracesDataSchema,
} from "../../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import type { SpanPiece } from "../../../schemas/model/span.ts";
import { arbitraryTraces } from "../../../test/property/arbitrary-traces.ts";
import { aRequest, aSpan } from "../../../test/support/otlp-span.ts";
import { createSpanDecoder } from "../otlp-spans.ts";
import { createSpanWrapper } from "./wrap-spans.ts";

const decoder = createSpanDecoder({ now: () => Date.parse("2199-12-31T00:00:00Z") });
const wrap = createSpanWrapper();

/** Every span with all that is around it, as bytes. */
const spansIn = (data: TracesData): string[] =>
  data.resourceSpans.flatMap((resource) =>
    resource.scopeSpans.flatMap((scope) =>
      scope.spans.map((span) => {
        const alone = { ...resource, scopeSpans: [{ ...scope, spans: [span] }] };
        return Buffer.from(toBinary(ResourceSpansSchema, alone)).toString("base64");
      }),
    ),
  );
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
  batch.lift(places, undefined, (_, around, span) => pieces.push(...wrap(around, [{ bytes: span, threshold }])));
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

it("puts together what fits into a request", () => {
  const span = { bytes: new Uint8Array(100_000).fill(255), threshold: undefined };
  const pieces = wrap({ resource: new Uint8Array(0), scope: new Uint8Array(0) }, Array(12).fill(span));
  expect(pieces.map(({ spans }) => spans)).toEqual([5, 5, 2]);
  for (const { bytes } of pieces) expect(bytes.length).toBeLessThan(530_000);
});

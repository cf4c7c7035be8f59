import { equals, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat } from "../../adapters/shared/otlp/relayed.ts";
import { splitSpans } from "../../adapters/shared/otlp/split-spans.ts";
import { createSpanDecoder } from "../../collector/decode/otlp-spans.ts";
import { ScopeSpansSchema, TracesDataSchema } from "../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import type { SpanPiece } from "../../schemas/model/span.ts";
import { recordingsIn } from "../support/otlp-recordings.ts";
import { arbitraryTraces, spansIn } from "./arbitrary-traces.ts";

const decoder = createSpanDecoder({ now: () => Date.parse("2199-12-31T00:00:00Z") });

const read = (bytes: Uint8Array) => fromBinary(TracesDataSchema, bytes);
const joined = (pieces: readonly SpanPiece[]) => read(concat(pieces.map(({ bytes }) => bytes)));

function cut(bytes: Uint8Array, isSelected: (place: number) => boolean) {
  const batch = decoder.read(bytes, "otlp");
  const places: number[] = [];
  do {
    batch.resume();
    while (batch.next() !== undefined) if (isSelected(batch.place)) places.push(batch.place);
  } while (batch.more);
  return { pieces: batch.cut(places), places };
}

describe("a request relayed without edits", () => {
  it("gives the same set of spans, each with its resource and scope, unknown fields included", () => {
    fc.assert(
      fc.property(arbitraryTraces, (data) => {
        const { pieces } = cut(toBinary(TracesDataSchema, data), () => true);
        expect(spansIn(joined(pieces)).sort()).toEqual(spansIn(data).sort());
        expect(pieces.reduce((sum, { spans }) => sum + spans, 0)).toBe(spansIn(data).length);
      }),
      { numRuns: 300 },
    );
  });

  it.each([...recordingsIn("otlp-traces-grpc.jsonl"), ...recordingsIn("otlp-traces-http.jsonl")])(
    "$note",
    ({ bytes, json }) => {
      const { pieces } = cut(bytes, () => true);
      // Envoy sends one resource and one scope: nothing is left to be cut, and the bytes are the same.
      expect(Buffer.from(concat(pieces.map((piece) => piece.bytes))).equals(bytes)).toBe(true);
      if (json !== null) expect(equals(TracesDataSchema, joined(pieces), read(bytes))).toBe(true);
    },
  );

  it("gives the spans that were selected, and no others", () => {
    fc.assert(
      fc.property(arbitraryTraces, fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }), (data, pattern) => {
        const { pieces, places } = cut(toBinary(TracesDataSchema, data), (place) => pattern[place % pattern.length]!);
        const all = spansIn(data);
        expect(spansIn(joined(pieces))).toEqual(places.map((place) => all[place]));
      }),
      { numRuns: 200 },
    );
  });
});

describe("spans split among endpoints", () => {
  it("are the same set, those of a trace together", () => {
    const partOf = (traceId: Uint8Array) => traceId[15]! % 3;
    fc.assert(
      fc.property(arbitraryTraces, (data) => {
        const { pieces } = cut(toBinary(TracesDataSchema, data), () => true);
        const parts = pieces.flatMap(({ bytes }) => [...splitSpans(bytes, partOf)]);
        expect(spansIn(joined(parts.map(([, part]) => part))).sort()).toEqual(spansIn(data).sort());
        for (const [number, { bytes, spans }] of parts) {
          const within = read(bytes).resourceSpans.flatMap(({ scopeSpans }) =>
            scopeSpans.flatMap((scope) => scope.spans),
          );
          expect(within.map(({ traceId }) => partOf(traceId))).toEqual(within.map(() => number));
          expect(within).toHaveLength(spans);
        }
      }),
      { numRuns: 200 },
    );
  });
});

it("cuts what is large into pieces that fit into any request", () => {
  const big = recordingsIn("otlp-traces-grpc.jsonl")[0]!;
  const resource = read(big.bytes).resourceSpans[0]!;
  const scope = resource.scopeSpans[0]!;
  const many = { ...scope, spans: Array.from({ length: 600 }, () => scope.spans).flat() };
  const scopeBytes = toBinary(ScopeSpansSchema, many).length;
  const bytes = toBinary(TracesDataSchema, {
    ...read(big.bytes),
    resourceSpans: [{ ...resource, scopeSpans: [many] }],
  });
  const { pieces } = cut(bytes, () => true);
  expect(scopeBytes).toBeGreaterThan(1_500_000);
  expect(pieces.length).toBeGreaterThan(2);
  for (const piece of pieces) expect(piece.bytes.length).toBeLessThan(530_000);
  expect(spansIn(joined(pieces))).toHaveLength(3000);
});

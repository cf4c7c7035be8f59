import { equals, fromBinary, toBinary, toJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { convertJson } from "../../collector/decode/otlp-json.ts";
import { createSpanDecoder, OtlpError } from "../../collector/decode/otlp-spans.ts";
import type { AnyValue, KeyValue } from "../../schemas/gen/opentelemetry/proto/common/v1/common_pb.js";
import {
  type Span,
  SpanSchema,
  type TracesData,
  TracesDataSchema,
} from "../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import { type RawSpan, type SpanValue, spanKeyNumber, spanKeys } from "../../schemas/model/span.ts";
import { type Timestamp, toInt64 } from "../../schemas/model/value.ts";
import { recordingsIn } from "../support/otlp-recordings.ts";
import { arbitraryTraces } from "./arbitrary-traces.ts";

/** One decoder for all runs, so that what it remembers is put to the test, too. */
const decoder = createSpanDecoder({ now: () => Date.parse("2199-12-31T00:00:00Z") });

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const time = (nanos: bigint): Timestamp | undefined =>
  nanos === 0n ? undefined : { seconds: Number(nanos / 1_000_000_000n), nanos: Number(nanos % 1_000_000_000n) };

function scalar(value: AnyValue | undefined): SpanValue | undefined {
  switch (value?.value.case) {
    case "stringValue":
      return value.value.value.toWellFormed();
    case "boolValue":
    case "doubleValue":
      return value.value.value;
    case "intValue":
      return toInt64(value.value.value);
    default:
      return undefined;
  }
}

/** The last attribute of a name counts, if it has a value at all. */
const attribute = (attributes: readonly KeyValue[], key: string) =>
  scalar(attributes.findLast((each) => each.key === key)?.value);

const expected = (span: Span) => ({
  traceId: hex(span.traceId),
  spanId: hex(span.spanId),
  parentSpanId: span.parentSpanId.length === 0 ? undefined : hex(span.parentSpanId),
  key: Buffer.from([...span.traceId, ...span.spanId]).toString("latin1"),
  parentKey:
    span.parentSpanId.length === 0
      ? undefined
      : Buffer.from([...span.traceId, ...span.parentSpanId]).toString("latin1"),
  name: span.name.toWellFormed(),
  kind: span.kind,
  startTime: time(span.startTimeUnixNano),
  endTime: time(span.endTimeUnixNano),
  flags: span.flags === 0 ? undefined : span.flags,
  statusCode: span.status?.code ?? 0,
  size: toBinary(SpanSchema, span).length,
  links: span.links.map(({ traceId, spanId }) => ({ traceId: hex(traceId), spanId: hex(spanId) })),
  values: spanKeys.map((key) => attribute(span.attributes, key)),
});

const actual = (span: RawSpan) => ({
  traceId: span.traceId,
  spanId: span.spanId,
  parentSpanId: span.parentSpanId,
  key: span.key,
  parentKey: span.parentKey,
  name: span.name,
  kind: span.kind,
  startTime: span.startTime,
  endTime: span.endTime,
  flags: span.flags,
  statusCode: span.statusCode,
  size: span.size,
  links: span.links,
  values: spanKeys.map((key) => span.value(spanKeyNumber(key))),
});

function expectSpans(data: TracesData, bytes: Uint8Array): void {
  const batch = decoder.read(bytes, "otlp");
  for (const { scopeSpans } of data.resourceSpans) {
    for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
      const wanted = expected(span);
      const read = batch.next();
      if (read === undefined) throw new Error(JSON.stringify(batch.rejected));
      // Twice: reading leaves a span as it was.
      for (let i = 0; i < 2; i++) expect(actual(read)).toEqual(wanted);
    }
  }
  expect([batch.next(), batch.malformed]).toEqual([undefined, 0]);
}

it("reads every field of generated requests as generated code does", () => {
  fc.assert(
    fc.property(arbitraryTraces, (data) => expectSpans(data, toBinary(TracesDataSchema, data))),
    { numRuns: 300 },
  );
});

describe("recorded requests of Envoy", () => {
  const recordings = [...recordingsIn("otlp-traces-grpc.jsonl"), ...recordingsIn("otlp-traces-http.jsonl")];

  it.each(recordings)("$note", ({ bytes, json }) => {
    const batch = decoder.read(bytes, "otlp");
    let spans = 0;
    while (batch.next() !== undefined) spans++;
    expect(batch.malformed).toBe(0);
    expect(spans).toBeGreaterThan(0);
    if (json !== null) expectSpans(fromBinary(TracesDataSchema, bytes), bytes);
  });
});

it("refuses damaged requests whole, or their spans one by one, and never fails otherwise", () => {
  const bytes = arbitraryTraces.map((data) => toBinary(TracesDataSchema, data)).filter(({ length }) => length > 0);
  const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(bytes, damage, fc.nat(), (sound, changes, cut) => {
      const damaged = sound.slice(0, sound.length - (cut % 3 === 0 ? cut % sound.length : 0));
      for (const [at, byte] of changes) if (damaged.length > 0) damaged[at % damaged.length] = byte;
      try {
        const batch = decoder.read(damaged, "otlp");
        let taken = 0;
        for (let span = batch.next(); span !== undefined; span = batch.next(), taken++) actual(span);
        expect(taken + batch.malformed).toBe(batch.index.count);
      } catch (error) {
        expect(error).toBeInstanceOf(OtlpError);
      }
    }),
    { numRuns: 1000 },
  );
});

describe("requests in JSON", () => {
  const convert = (json: unknown): Uint8Array => {
    const steps = convertJson(JSON.stringify(json), "traces");
    for (;;) {
      const step = steps.next();
      if (!step.done) continue;
      expect(step.value.rejected).toEqual([]);
      return step.value.bytes;
    }
  };

  /** OTLP writes ids in hex where protobuf's JSON has base64. */
  function withHexIds(json: unknown): unknown {
    if (Array.isArray(json)) return json.map(withHexIds);
    if (typeof json !== "object" || json === null) return json;
    return Object.fromEntries(
      Object.entries(json).map(([name, value]) =>
        ["traceId", "spanId", "parentSpanId"].includes(name)
          ? [name, Buffer.from(value as string, "base64").toString("hex")]
          : [name, withHexIds(value)],
      ),
    );
  }

  it("become the same messages that protobuf has", () => {
    fc.assert(
      fc.property(arbitraryTraces, (data) => {
        const json = withHexIds(toJson(TracesDataSchema, data, { enumAsInteger: true }));
        const known = fromBinary(TracesDataSchema, toBinary(TracesDataSchema, data, { writeUnknownFields: false }));
        expect(equals(TracesDataSchema, fromBinary(TracesDataSchema, convert(json)), known)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

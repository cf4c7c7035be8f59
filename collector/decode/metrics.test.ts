import { readFileSync } from "node:fs";
import { join } from "node:path";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type StreamMetricsMessage,
  StreamMetricsMessageSchema,
} from "../../schemas/gen/envoy/service/metrics/v3/metrics_service_pb.js";
import {
  LabelPairSchema,
  type Metric,
  MetricFamilySchema,
  MetricSchema,
  MetricType,
} from "../../schemas/gen/io/prometheus/client/metrics_pb.js";
import { DecodeError, decodeStreamMetrics, type MetricSample } from "./metrics.ts";

/** The same from generated code. */
function expected({ envoyMetrics }: StreamMetricsMessage): MetricSample[] {
  return envoyMetrics.flatMap(({ name, metric }) =>
    metric.flatMap(({ label, gauge, counter, untyped, timestampMs }) => {
      const [kind, held] = counter
        ? (["counter", counter] as const)
        : gauge
          ? (["gauge", gauge] as const)
          : (["untyped", untyped] as const);
      if (held === undefined) return [];
      const labels = label.length === 0 ? undefined : Object.fromEntries(label.map((each) => [each.name, each.value]));
      return [{ name, kind, labels, value: held.value, timestampMs: Number(timestampMs) }];
    }),
  );
}

/** A message read to its end. */
function readAll(bytes: Uint8Array): { node: unknown; samples: (MetricSample | "malformed")[] } {
  const { node, samples } = decodeStreamMetrics(bytes);
  return { node, samples: [...(samples as Generator<MetricSample | "malformed">)] };
}

function decoded(message: MessageInitShape<typeof StreamMetricsMessageSchema>) {
  return readAll(toBinary(StreamMetricsMessageSchema, create(StreamMetricsMessageSchema, message)));
}

describe("StreamMetricsMessage", () => {
  it("gives the node and its numbers; histograms and summaries are passed over", () => {
    const { node, samples } = decoded({
      identifier: { node: { id: "sidecar~10.0.0.1~a.b~c", cluster: "a.b" } },
      envoyMetrics: [
        { name: "a.b", type: MetricType.COUNTER, metric: [{ counter: { value: 7 }, timestampMs: 1_795_345_812_573n }] },
        { name: "live", type: MetricType.GAUGE, metric: [{ gauge: { value: 0 }, label: [{ name: "x", value: "y" }] }] },
        { name: "time", type: MetricType.HISTOGRAM, metric: [{ histogram: { sampleCount: 3n } }] },
        { name: "quantiles", type: MetricType.SUMMARY, metric: [{ summary: { sampleCount: 3n } }] },
        { name: "other", type: MetricType.UNTYPED, metric: [{ untyped: { value: -1.5 } }] },
      ],
    });
    expect(node).toMatchObject({ id: "sidecar~10.0.0.1~a.b~c", cluster: "a.b" });
    expect(samples).toEqual([
      { name: "a.b", kind: "counter", labels: undefined, value: 7, timestampMs: 1_795_345_812_573 },
      { name: "live", kind: "gauge", labels: { x: "y" }, value: 0, timestampMs: 0 },
      { name: "other", kind: "untyped", labels: undefined, value: -1.5, timestampMs: 0 },
    ]);
  });

  it("passes over a time that is no number", () => {
    const metric = [0x32, 1, 65, 0x1a, 0];
    const { samples } = readAll(Uint8Array.of(0x12, metric.length + 2, 0x22, metric.length, ...metric));
    expect(samples).toEqual([{ name: "", kind: "counter", labels: undefined, value: 0, timestampMs: 0 }]);
  });

  it("tells of an identifier that it cannot read", () => {
    expect(decodeStreamMetrics(Uint8Array.of(0x0a, 2, 0x0a, 9)).node).toBe("malformed");
  });

  it.each([
    ["a family that is longer than the message", [0x12, 9, 0x0a]],
    ["a family that is no message", [0x10, 1]],
  ])("refuses %s", (_, bytes) => {
    expect(() => decodeStreamMetrics(Uint8Array.from(bytes))).toThrow(DecodeError);
    expect(() => decodeStreamMetrics(Uint8Array.from(bytes))).toThrow("not a StreamMetricsMessage: ");
  });

  it.each([
    ["a metric that is longer than its family", [0x12, 2, 0x22, 9]],
    ["a value that is no double", [0x12, 6, 0x22, 4, 0x1a, 2, 0x09, 0]],
    ["a name that is longer than its family", [0x12, 2, 0x0a, 9]],
  ])("tells of %s and reads the next family", (_, bytes) => {
    const next = toBinary(
      StreamMetricsMessageSchema,
      create(StreamMetricsMessageSchema, { envoyMetrics: [{ name: "next", metric: [{ gauge: { value: 1 } }] }] }),
    );
    const { samples } = readAll(Uint8Array.from([...bytes, ...next]));
    expect(samples).toEqual(["malformed", expect.objectContaining({ name: "next", value: 1 })]);
  });

  it("reads what generated code reads, whatever was written", () => {
    const value = fc.double({ noNaN: true });
    const held = fc.oneof(
      value.map((number) => create(MetricSchema, { counter: { value: number } })),
      value.map((number) => create(MetricSchema, { gauge: { value: number } })),
      value.map((number) => create(MetricSchema, { untyped: { value: number } })),
      fc.constant(create(MetricSchema, { histogram: { sampleCount: 1n, bucket: [{ upperBound: 1 }] } })),
    );
    const label = fc
      .tuple(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }))
      .map(([name, text]) => create(LabelPairSchema, { name, value: text }));
    const metric = fc
      .tuple(held, fc.array(label, { maxLength: 3 }), fc.bigInt({ min: 0n, max: 2n ** 53n - 1n }))
      .map(([number, labels, timestampMs]): Metric => ({ ...number, label: labels, timestampMs }));
    const family = fc
      .tuple(fc.string({ unit: "grapheme" }), fc.array(metric, { maxLength: 3 }))
      .map(([name, metrics]) => create(MetricFamilySchema, { name, metric: metrics }));
    fc.assert(
      fc.property(fc.array(family, { maxLength: 5 }), (envoyMetrics) => {
        const message = create(StreamMetricsMessageSchema, { envoyMetrics });
        const { samples } = readAll(toBinary(StreamMetricsMessageSchema, message));
        expect(
          samples.map(
            (sample) => sample !== "malformed" && { ...sample, labels: sample.labels && { ...sample.labels } },
          ),
        ).toEqual(expected(message));
      }),
    );
  });

  it("reads what a real Envoy sent as generated code does", () => {
    const file = join(import.meta.dirname, "../../../shared/conformance/envoy/metrics.jsonl");
    const messages = readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => Buffer.from(JSON.parse(line).base64, "base64"));
    expect(messages.length).toBeGreaterThan(10);
    for (const bytes of messages) {
      const reference = fromBinary(StreamMetricsMessageSchema, bytes);
      const { node, samples } = readAll(bytes);
      expect(node).toEqual(
        reference.identifier && expect.objectContaining({ id: "lab-metrics-1", userAgentVersion: "1.40.0" }),
      );
      expect(samples).toEqual(expected(reference));
    }
  });

  it("throws nothing but DecodeError, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          readAll(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

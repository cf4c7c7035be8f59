import { create, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat } from "../../adapters/shared/otlp/relayed.ts";
import { AnyValueSchema } from "../../schemas/gen/opentelemetry/proto/common/v1/common_pb.js";
import { type Metric, MetricSchema } from "../../schemas/gen/opentelemetry/proto/metrics/v1/metrics_pb.js";
import { aGauge, aMetricsRequest, aPoint, aSum, pointTime } from "../../test/support/otlp-metric.ts";
import { keyValue } from "../../test/support/otlp-span.ts";
import { type MetricLimits, metricLimits } from "./otlp/metric-faults.ts";
import { OtlpError } from "./otlp/request-index.ts";
import { countPoints, createMetricDecoder } from "./otlp-metrics.ts";

const nowMs = Number(pointTime / 1_000_000n);

function read(bytes: Uint8Array, { steps = 100, ...limits }: Partial<MetricLimits> & { steps?: number } = {}) {
  const decoder = createMetricDecoder({ now: () => nowMs, steps, limits: { ...metricLimits, ...limits } });
  const batch = decoder.read(bytes, { source: "otlp", answered: true });
  const turns: [name: string, kind: string | undefined, points: number][][] = [];
  const places: number[] = [];
  do {
    batch.resume();
    const turn: (typeof turns)[number] = [];
    for (let metric = batch.next(); metric !== undefined; metric = batch.next()) {
      turn.push([metric.name, metric.kind, metric.points]);
      places.push(batch.place);
    }
    turns.push(turn);
  } while (batch.more);
  return {
    batch,
    turns,
    places,
    names: turns.flat().map(([name]) => name),
    reasons: Object.fromEntries(batch.reasons),
  };
}

/** A metric with one point of which these bytes are all. */
function rawPoint(dataField: number, ...point: readonly number[]): Uint8Array {
  const data = [0x0a, point.length, ...point];
  const metric = [0x0a, 1, 0x78, dataField * 8 + 2, data.length, ...data];
  const scope = [0x12, metric.length, ...metric];
  const resource = [0x12, scope.length, ...scope];
  return Uint8Array.of(0x0a, resource.length, ...resource);
}

describe("metrics of a request", () => {
  it("come one by one, with their resource and scope", () => {
    const metrics = [aGauge("a", [aPoint(1), aPoint(2)], "s"), aSum("b", [])];
    const decoder = createMetricDecoder({ now: () => nowMs });
    const batch = decoder.read(aMetricsRequest(metrics, { "service.name": "cart" }, { name: "lib" }), {
      ...{ source: "otlp", answered: true },
    });
    const first = batch.next()!;
    expect([first.name, first.unit, first.kind, first.points, first.scope]).toEqual(["a", "s", "gauge", 2, "lib"]);
    expect(first.resource.attributes.get("service.name")).toBe("cart");
    const second = batch.next()!;
    expect([second.name, second.unit, second.kind, second.points]).toEqual(["b", "", "sum", 0]);
    expect(batch.next()).toBeUndefined();
  });

  it("come in turns of so many points", () => {
    const metrics = ["a", "b", "c", "d"].map((name) => aGauge(name, [aPoint(1), aPoint(2)]));
    const { turns } = read(aMetricsRequest(metrics), { steps: 5 });
    expect(turns.map((turn) => turn.map(([name]) => name))).toEqual([
      ["a", "b"],
      ["c", "d"],
    ]);
  });

  it("may hold data of a kind that is not known yet, which has no points", () => {
    const metric = aGauge("new", []);
    metric.data = { case: undefined };
    metric.$unknown = [{ no: 13, wireType: 2, data: Uint8Array.of(2, 0x0a, 0) }];
    expect(read(aMetricsRequest([metric])).turns).toEqual([[["new", undefined, 0]]]);
  });
});

describe("what is malformed is refused alone", () => {
  const good = aGauge("good", [aPoint(1)]);
  const histogram = (counts: bigint[], explicitBounds: number[]) =>
    create(MetricSchema, {
      name: "h",
      data: { case: "histogram", value: { dataPoints: [{ bucketCounts: counts, explicitBounds }] } },
    });

  it.each<[reason: string, metric: Metric, points: number]>([
    ["name", aGauge("", [aPoint(1), aPoint(2)]), 2],
    ["future", aGauge("a", [aPoint(1, {}, { timeUnixNano: pointTime + 400n * 86_400_000_000_000n })]), 1],
    [
      "attributes",
      aGauge("a", [aPoint(1, Object.fromEntries(Array.from({ length: 1025 }, (_, i) => [`k${i}`, i])))]),
      1,
    ],
    ["buckets", histogram([1n, 2n], [1, 2]), 1],
    ["buckets", histogram([], [1, 2]), 1],
    ["bounds", histogram([1n, 2n, 3n], [2, 2]), 1],
    ["bounds", histogram([1n, 2n], [Number.NaN]), 1],
  ])("%s", (reason, metric, points) => {
    const { names, reasons, batch } = read(aMetricsRequest([good, metric, good]));
    expect([names, reasons, batch.rejectedPoints, batch.acceptedPoints]).toEqual([
      ["good", "good"],
      { [reason]: 1 },
      points,
      2,
    ]);
    expect(batch.rejected).toEqual([{ reason, error: expect.stringMatching(/^metric 1: /) }]);
  });

  it("lists nested too deep", () => {
    let value = keyValue("x", 1).value!;
    for (let i = 0; i < 40; i++)
      value = create(AnyValueSchema, { value: { case: "arrayValue", value: { values: [value] } } });
    const deep = aGauge("deep", [aPoint(1), aPoint(2)]);
    if (deep.data.case === "gauge") deep.data.value.dataPoints[0]!.attributes.push({ ...keyValue("k", 1), value });
    const { names, reasons, batch } = read(aMetricsRequest([deep, good]));
    expect([names, reasons, batch.rejectedPoints]).toEqual([["good"], { limit: 1 }, 2]);
  });

  it.each([
    ["a time of four bytes", rawPoint(5, 0x1d, 1, 2, 3, 4), "wire_type"],
    ["a value that is cut off", rawPoint(5, 0x21, 1, 2), "truncated"],
    ["an attribute that is cut off", rawPoint(5, 0x3a, 9, 1), "truncated"],
    ["counts that are no whole eight bytes", rawPoint(9, 0x32, 3, 1, 2, 3), "truncated"],
    ["a quantile of another type", rawPoint(11, 0x32, 2, 0x08, 1), "wire_type"],
    ["buckets of another type", rawPoint(10, 0x42, 2, 0x11, 1), "wire_type"],
    ["an exemplar's time as a varint", rawPoint(5, 0x2a, 2, 0x10, 1), "wire_type"],
  ])("%s", (_, bytes, reason) => {
    const { names, reasons, batch } = read(bytes);
    expect([names, reasons, batch.rejectedPoints]).toEqual([[], { [reason]: 1 }, 1]);
  });

  it("data of two kinds", () => {
    const two = Buffer.concat([
      toBinary(MetricSchema, aGauge("two", [aPoint(1)])),
      toBinary(MetricSchema, { ...aSum("", [aPoint(2)]), name: "" }),
    ]);
    const scope = Buffer.concat([Buffer.of(0x12, two.length), two]);
    const resource = Buffer.concat([Buffer.of(0x12, scope.length), scope]);
    const { reasons } = read(Buffer.concat([Buffer.of(0x0a, resource.length), resource]));
    expect(reasons).toEqual({ data: 1 });
  });

  it("what is beyond the limits of a request", () => {
    const metrics = ["a", "b", "c"].map((name) => aGauge(name, [aPoint(1), aPoint(2)]));
    const many = read(aMetricsRequest(metrics), { maxMetrics: 2 });
    expect([many.names, many.reasons, many.batch.rejectedPoints]).toEqual([["a", "b"], { too_many: 1 }, 1]);
    const points = read(aMetricsRequest(metrics), { maxPoints: 5 });
    expect([points.names, points.reasons, points.batch.rejectedPoints]).toEqual([["a", "b"], { too_many: 1 }, 2]);
  });

  it("all metrics of a resource that cannot be read", () => {
    const sound = aMetricsRequest([good]);
    const field = (number: number, ...parts: Uint8Array[]) => {
      const bytes = Buffer.concat(parts);
      return Buffer.concat([Buffer.of(number * 8 + 2, bytes.length), bytes]);
    };
    const scope = field(2, field(2, toBinary(MetricSchema, good)));
    const broken = field(1, field(1, Buffer.of(0x0a, 9)), scope);
    const { names, reasons } = read(Buffer.concat([broken, sound]));
    expect([names, reasons]).toEqual([["good"], { resource: 1 }]);
  });
});

/** Reads what may be no request. */
function attempt(bytes: Uint8Array): ReturnType<typeof read> | undefined {
  try {
    return read(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(OtlpError);
    return undefined;
  }
}

it("counts what it refuses of a request whose bytes were changed, and passes on nothing that it would refuse", () => {
  const sound = aMetricsRequest([aSum("a", [aPoint(1, { k: "v" })], "delta"), aGauge("b", [aPoint(1), aPoint(2)])]);
  fc.assert(
    fc.property(fc.nat(sound.length - 1), fc.nat(255), (at, byte) => {
      const changed = Uint8Array.from(sound);
      changed[at] = byte;
      const found = attempt(changed);
      if (found === undefined) return;
      const { batch, places } = found;
      if (places.length < batch.index.count) expect(batch.rejectedPoints).toBeGreaterThan(0);
      const again = read(concat(batch.cut(places).map(({ bytes }) => bytes)));
      expect([again.batch.rejected, again.places.length]).toEqual([[], places.length]);
      expect(again.batch.acceptedPoints).toBe(batch.acceptedPoints);
    }),
    { numRuns: 1000 },
  );
});

it("counts the points of a request", () => {
  expect(countPoints(aMetricsRequest([aGauge("a", [aPoint(1), aPoint(2)]), aSum("", [aPoint(1)])]))).toBe(3);
  expect(() => countPoints(Uint8Array.of(0x0a, 9))).toThrow("not an OTLP export request");
});

import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainAttributes } from "../../../adapters/shared/otlp/plain.fixture.ts";
import {
  type StreamMetricsMessage,
  StreamMetricsMessageSchema,
} from "../../../schemas/gen/envoy/service/metrics/v3/metrics_service_pb.js";
import { type MetricFamilySchema, MetricType } from "../../../schemas/gen/io/prometheus/client/metrics_pb.js";
import {
  type Metric,
  MetricsDataSchema,
  type NumberDataPoint,
} from "../../../schemas/gen/opentelemetry/proto/metrics/v1/metrics_pb.js";
import type { EnvoyNode } from "../../../schemas/model/access-log.ts";
import { recordingsIn } from "../../../test/support/otlp-recordings.ts";
import { DecodeError, decodeStreamMetrics } from "../metrics.ts";
import { createMetricDecoder } from "../otlp-metrics.ts";
import { StatisticsConverter } from "./to-otlp.ts";

const plain: EnvoyNode = {
  ...{ id: "node-1", cluster: "edge", metadata: {}, locality: undefined },
  ...{ userAgentName: undefined, userAgentVersion: undefined },
};

type Families = MessageInitShape<typeof MetricFamilySchema>[];

const messageOf = (envoyMetrics: Families): Uint8Array =>
  toBinary(StreamMetricsMessageSchema, create(StreamMetricsMessageSchema, { envoyMetrics }));

function convert(converter: StatisticsConverter, message: Uint8Array, countersAreDeltas = false) {
  const parts = [...converter.convert(message, { countersAreDeltas, nowMs: 99_000 })];
  const resources = parts.flatMap(({ bytes }) => fromBinary(MetricsDataSchema, bytes).resourceMetrics);
  const metrics = resources.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  const sum = (key: "malformed" | "leftOut") => parts.reduce((total, part) => total + part[key], 0);
  return { parts, metrics, resources, malformed: sum("malformed"), leftOut: sum("leftOut") };
}

/** What matters of metrics: name, kind, temporality, and each point's time, start and attributes. */
const brief = (metrics: readonly Metric[]) =>
  metrics.map(({ name, data }) => {
    const { dataPoints, aggregationTemporality = 0 } = data.value as unknown as Data;
    const points = dataPoints.map(({ startTimeUnixNano, timeUnixNano, attributes }) => [
      Number(startTimeUnixNano / 1_000_000n),
      Number(timeUnixNano / 1_000_000n),
      plainAttributes(attributes),
    ]);
    return [name, data.case, aggregationTemporality, ...points];
  });

/** What the data of all kinds have. */
interface Data {
  readonly dataPoints: readonly Pick<NumberDataPoint, "startTimeUnixNano" | "timeUnixNano" | "attributes">[];
  readonly aggregationTemporality?: number;
}

const counter = (value: number, timestampMs: number, label: Record<string, string> = {}) => ({
  ...{ counter: { value }, timestampMs: BigInt(timestampMs) },
  label: Object.entries(label).map(([name, text]) => ({ name, value: text })),
});

describe("a proxy's statistics as OTLP", () => {
  it("are gauges and totals, points of one name together", () => {
    const families: Families = [
      { name: "a.rq", metric: [counter(3, 10, { "envoy.cluster_name": "x" })] },
      { name: "up", type: MetricType.GAUGE, metric: [{ gauge: { value: 7 }, timestampMs: 10n }] },
      { name: "a.rq", metric: [counter(4, 10, { "envoy.cluster_name": "y" })] },
      { name: "u", type: MetricType.UNTYPED, metric: [{ untyped: { value: 1 } }] },
    ];
    const { metrics, malformed } = convert(new StatisticsConverter(plain), messageOf(families));
    expect(brief(metrics)).toEqual([
      ["a.rq", "sum", 2, [0, 10, { "envoy.cluster_name": "x" }], [0, 10, { "envoy.cluster_name": "y" }]],
      ["up", "gauge", 0, [0, 10, {}]],
      ["u", "gauge", 0, [0, 99_000, {}]],
    ]);
    expect([metrics[0]!.data, malformed]).toMatchObject([{ value: { isMonotonic: true } }, 0]);
  });

  it("are deltas since the last flush, where counters are", () => {
    const converter = new StatisticsConverter(plain);
    convert(converter, messageOf([{ name: "a", metric: [counter(3, 1000)] }]), true);
    const { metrics } = convert(converter, messageOf([{ name: "a", metric: [counter(0, 3000)] }]), true);
    expect(brief(metrics)).toEqual([["a", "sum", 1, [1000, 3000, {}]]]);
  });

  it("are histograms of what came since the last flush", () => {
    const converter = new StatisticsConverter(plain);
    convert(converter, messageOf([{ name: "a", metric: [counter(3, 1000)] }]));
    const bucket = [
      { cumulativeCount: 2n, upperBound: 0.5 },
      { cumulativeCount: 5n, upperBound: 10 },
      { cumulativeCount: 9n, upperBound: Number.POSITIVE_INFINITY },
    ];
    const histogram = { sampleCount: 9n, sampleSum: 30.5, bucket };
    const { metrics } = convert(
      converter,
      messageOf([{ name: "t", type: MetricType.HISTOGRAM, metric: [{ histogram, timestampMs: 3000n }] }]),
    );
    expect(brief(metrics)).toEqual([["t", "histogram", 1, [1000, 3000, {}]]]);
    expect(metrics[0]!.data.value?.dataPoints[0]).toMatchObject({
      ...{ count: 9n, sum: 30.5, bucketCounts: [2n, 3n, 4n], explicitBounds: [0.5, 10] },
    });
  });

  it("are summaries with counts and sums added up, but not beside a histogram of the same name", () => {
    const converter = new StatisticsConverter(plain);
    const summary = { sampleCount: 2n, sampleSum: 5, quantile: [{ quantile: 0.5, value: 2.5 }] };
    const family = { name: "t", type: MetricType.SUMMARY, metric: [{ summary, timestampMs: 1n }] };
    convert(converter, messageOf([family]));
    const { metrics } = convert(converter, messageOf([family]));
    expect(metrics[0]!.data.value?.dataPoints[0]).toMatchObject({
      ...{ count: 4n, sum: 10, quantileValues: [{ quantile: 0.5, value: 2.5 }] },
    });
    const histogram = { name: "t", type: MetricType.HISTOGRAM, metric: [{ histogram: { sampleCount: 1n } }] };
    const both = convert(converter, messageOf([family, histogram]));
    expect([brief(both.metrics).map(([, kind]) => kind), both.leftOut]).toEqual([["histogram"], 1]);
  });

  it("come in parts", () => {
    const families = Array.from({ length: 5000 }, (_, i) => ({ name: `m${i}`, metric: [counter(i, 1)] }));
    const { parts, metrics } = convert(new StatisticsConverter(plain), messageOf(families));
    expect([parts.length, metrics.length]).toEqual([3, 5000]);
  });

  it("that cannot be read are counted, their neighbours taken", () => {
    const falling = { sampleCount: 1n, bucket: [{ cumulativeCount: 2n, upperBound: 1 }] };
    const sound = messageOf([
      { name: "h", type: MetricType.HISTOGRAM, metric: [{ histogram: falling }] },
      { name: "none", metric: [{}] },
      { name: "a", metric: [counter(1, 1)] },
    ]);
    // envoy_metrics { metric { counter that is longer than what is left } }
    const broken = Uint8Array.of(0x12, 4, 0x22, 2, 0x1a, 9);
    const { metrics, malformed } = convert(new StatisticsConverter(plain), Buffer.concat([broken, sound]));
    expect([brief(metrics).map(([name]) => name), malformed]).toEqual([["a"], 3]);
  });
});

describe("the resource of a proxy", () => {
  const resourceOf = (node: EnvoyNode) => {
    const { resources } = convert(new StatisticsConverter(node), messageOf([{ name: "a", metric: [counter(1, 1)] }]));
    return plainAttributes(resources[0]!.resource!.attributes);
  };

  it("is its cluster and id", () => {
    expect(resourceOf(plain)).toEqual({
      ...{ "service.name": "edge", "service.instance.id": "node-1", "envoy.node.cluster": "edge" },
    });
  });

  it("is the workload that Istio's metadata tell of", () => {
    const id = "sidecar~10.0.0.1~cart-1.shop~shop.svc.cluster.local";
    const metadata = {
      ...{ NAME: "cart-1", NAMESPACE: "shop", CLUSTER_ID: "east", WORKLOAD_NAME: "cart-v2" },
      OWNER: "kubernetes://apis/apps/v1/namespaces/shop/deployments/cart-v2",
      LABELS: { "service.istio.io/canonical-name": "cart", "service.istio.io/canonical-revision": "v2", app: "other" },
    };
    const locality = { region: "eu", zone: "eu-1", subZone: "" };
    expect(resourceOf({ ...plain, id, cluster: "cart.shop", metadata, locality })).toEqual({
      ...{ "service.name": "cart", "service.namespace": "shop", "service.instance.id": id, "service.version": "v2" },
      ...{ "envoy.node.cluster": "cart.shop", "k8s.namespace.name": "shop", "k8s.pod.name": "cart-1" },
      ...{ "k8s.cluster.name": "east", "k8s.deployment.name": "cart-v2" },
      ...{ "cloud.region": "eu", "cloud.availability_zone": "eu-1" },
    });
  });
});

describe("what a real Envoy sent", () => {
  it.each(recordingsIn("metrics.jsonl"))("$note, stream $stream message $seq", ({ bytes }) => {
    const { envoyMetrics }: StreamMetricsMessage = fromBinary(StreamMetricsMessageSchema, bytes);
    decodeStreamMetrics(bytes);
    const { metrics, malformed, leftOut } = convert(new StatisticsConverter(plain), bytes);
    const points = metrics.reduce((sum, { data }) => sum + (data.value?.dataPoints.length ?? 0), 0);
    const summaries = envoyMetrics.filter(({ type }) => type === MetricType.SUMMARY).length;
    expect([points + leftOut, malformed, leftOut]).toEqual([envoyMetrics.length, 0, summaries]);
    for (const { name, metric } of envoyMetrics) {
      const value = metric[0]!.counter?.value ?? metric[0]!.gauge?.value;
      if (value === undefined) continue;
      const found = metrics
        .filter((each) => each.name === name)
        .flatMap(({ data }) => (data.value?.dataPoints ?? []) as NumberDataPoint[]);
      expect(found.map((point) => point.value.value)).toContain(value);
      expect(found[0]!.timeUnixNano).toBe(metric[0]!.timestampMs * 1_000_000n);
    }
  });
});

it("makes sound OTLP of messages whose bytes were changed, and counts every metric of them", () => {
  const recorded = recordingsIn("metrics.jsonl").filter(({ bytes }) => bytes.length < 5000);
  const decoder = createMetricDecoder({ now: () => Date.parse("2199-12-31T00:00:00Z") });
  const change = fc.tuple(fc.constantFrom(...recorded), fc.nat(5000), fc.nat(255));
  fc.assert(
    fc.property(change, ([{ bytes }, place, byte]) => {
      const changed = Buffer.from(bytes);
      changed[place % changed.length] = byte;
      const samples = attempt(() => decodeStreamMetrics(changed));
      if (samples === undefined) return;
      const { parts } = convert(new StatisticsConverter(plain), changed);
      for (const part of parts) {
        const batch = decoder.read(part.bytes, { source: "metrics", answered: false });
        while (batch.next() !== undefined);
        expect(batch.acceptedPoints + batch.rejectedPoints + part.malformed + part.leftOut).toBeGreaterThan(0);
      }
    }),
    { numRuns: 1000 },
  );
});

/** What a message gives whose framing is sound. */
function attempt<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
    return undefined;
  }
}

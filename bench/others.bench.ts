import { performance } from "node:perf_hooks";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { config } from "../adapters/prometheus/config.ts";
import { Registry } from "../adapters/prometheus/registry.ts";
import { fakeHost } from "../adapters/testing/fake-host.ts";
import { StatisticsConverter } from "../collector/decode/metrics/to-otlp.ts";
import { createMetricDecoder } from "../collector/decode/otlp-metrics.ts";
import { StreamMetricsMessageSchema } from "../schemas/gen/envoy/service/metrics/v3/metrics_service_pb.js";
import { MetricsDataSchema } from "../schemas/gen/opentelemetry/proto/metrics/v1/metrics_pb.js";
import { sideBySide } from "./support/side-by-side.ts";

/** Metrics of others in process: microseconds of one core for one data point, a fifth of them histograms of 19 bounds. */
export interface OthersBench {
  readonly pointBytes: number;
  /** Checked, found and cut out again: what relaying costs. */
  readonly cutUs: number;
  /** The same by generated code (protobuf-es): decoded and encoded. */
  readonly generatedUs: number;
  /** Taken in by a metrics page, into series that are there already. */
  readonly shownUs: number;
  /** Envoy's metrics service, brought to OTLP. */
  readonly convertedUs: number;
  readonly series: number;
  /** Milliseconds to write all of them as text, and the lines that they are. */
  readonly renderMs: number;
  readonly renderedLines: number;
}

const proxies = 20;
const clusters = 100;
const bounds = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
];
const names = [
  "upstream_rq_total",
  "upstream_cx_total",
  "upstream_rq_timeout",
  "upstream_cx_active",
  "upstream_rq_time",
];

/** Measures what a point costs on each of its ways. */
export async function runOthersBench(): Promise<OthersBench> {
  const requests = Array.from({ length: proxies }, (_, proxy) => requestOf(proxy));
  const points = clusters * names.length;
  const page = openPage();
  const rates = sideBySide(
    {
      cut: cutting(requests),
      generated: recoding(requests, points),
      shown: showing(page, requests, points),
      converted: converting(points),
    },
    7,
  );
  const { renderMs, lines } = render(page);
  return {
    pointBytes: Math.round(requests[0]!.length / points),
    cutUs: 1e6 / rates.cut,
    generatedUs: 1e6 / rates.generated,
    shownUs: 1e6 / rates.shown,
    convertedUs: 1e6 / rates.converted,
    series: proxies * points,
    renderMs,
    renderedLines: lines,
  };
}

/** What one proxy sends at a flush, times left out, so that the page takes them for new each time. */
function requestOf(proxy: number): Uint8Array {
  const text = (key: string, value: string) => ({ key, value: { value: { case: "stringValue" as const, value } } });
  const attributesOf = (i: number) => [
    text("envoy.cluster_name", `outbound|9080||service-${i}.shop.svc.cluster.local`),
    text("envoy.response_code_class", "2"),
  ];
  const each = <T>(make: (i: number) => T) => Array.from({ length: clusters }, (_, i) => make(i));
  const number = (i: number) => ({ attributes: attributesOf(i), value: { case: "asInt" as const, value: BigInt(i) } });
  const metrics = names.map((name) => {
    if (name === "upstream_cx_active")
      return { name, data: { case: "gauge" as const, value: { dataPoints: each(number) } } };
    if (name !== "upstream_rq_time") {
      const value = { dataPoints: each(number), aggregationTemporality: 2, isMonotonic: true };
      return { name, data: { case: "sum" as const, value } };
    }
    const bucketCounts = [...bounds, 0].map((_, i) => BigInt(i));
    const point = (i: number) => ({
      attributes: attributesOf(i),
      bucketCounts,
      explicitBounds: bounds,
      sum: 5,
      count: 190n,
    });
    return {
      name,
      data: { case: "histogram" as const, value: { dataPoints: each(point), aggregationTemporality: 1 } },
    };
  });
  const attributes = [text("service.name", "cart"), text("service.instance.id", `proxy-${proxy}`)];
  const data = { resourceMetrics: [{ resource: { attributes }, scopeMetrics: [{ metrics }] }] };
  return toBinary(MetricsDataSchema, create(MetricsDataSchema, data));
}

function cutting(requests: readonly Uint8Array[]): () => number {
  const decoder = createMetricDecoder({ now: Date.now });
  let next = 0;
  return () => {
    const batch = decoder.read(requests[next++ % requests.length]!, { source: "bench", answered: true });
    const places: number[] = [];
    while (batch.next() !== undefined) places.push(batch.place);
    return batch.cut(places).reduce((sum, { points }) => sum + points, 0);
  };
}

function recoding(requests: readonly Uint8Array[], points: number): () => number {
  let next = 0;
  return () => {
    const data = fromBinary(MetricsDataSchema, requests[next++ % requests.length]!);
    if (toBinary(MetricsDataSchema, data).length === 0) throw new Error("nothing was encoded");
    return points;
  };
}

function openPage() {
  const host = fakeHost();
  const registry = new Registry(host);
  registry.define(config.parse({ others: { maxSeries: 10_000_000 } }), []);
  return { host, registry };
}

function showing({ host, registry }: ReturnType<typeof openPage>, requests: readonly Uint8Array[], points: number) {
  let next = 0;
  return () => {
    host.nowMs++;
    const bytes = requests[next++ % requests.length]!;
    registry.recordOthers({ template: "metrics", instance: "metrics", bytes, points });
    return points;
  };
}

function converting(points: number): () => number {
  const node = { id: "proxy-1", cluster: "cart", metadata: {}, locality: undefined };
  const converter = new StatisticsConverter({ ...node, userAgentName: undefined, userAgentVersion: undefined });
  const message = statistics();
  return () => {
    for (const { malformed } of converter.convert(message, { countersAreDeltas: false, nowMs: 1 }))
      if (malformed > 0) throw new Error("a metric was not read");
    return points;
  };
}

/** The same as Envoy's metrics service has it: a family for each. */
function statistics(): Uint8Array {
  const families = Array.from({ length: clusters }, (_, i) => {
    const label = [
      { name: "envoy.cluster_name", value: `outbound|9080||service-${i}.shop.svc.cluster.local` },
      { name: "envoy.response_code_class", value: "2" },
    ];
    return names.map((name) => {
      const bucket = bounds.map((upperBound, at) => ({ cumulativeCount: BigInt(at), upperBound }));
      const histogram = { sampleCount: 19n, sampleSum: 5, bucket };
      const held = name === "upstream_rq_time" ? { histogram } : { counter: { value: i } };
      return { name, type: name === "upstream_rq_time" ? 4 : 0, metric: [{ label, timestampMs: 1n, ...held }] };
    });
  });
  return toBinary(StreamMetricsMessageSchema, create(StreamMetricsMessageSchema, { envoyMetrics: families.flat() }));
}

function render({ registry }: ReturnType<typeof openPage>) {
  let lines = 0;
  let renderMs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 7; round++) {
    const start = performance.now();
    const pieces = registry
      .families("text")
      .flatMap((family) => Array.from(family.samples(), (piece) => Buffer.from(piece)));
    renderMs = Math.min(renderMs, performance.now() - start);
    lines = Buffer.concat(pieces).toString().split("\n").length - 1;
  }
  return { renderMs, lines };
}

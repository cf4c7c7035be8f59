import { hostname } from "node:os";
import { gunzipSync } from "node:zlib";
import { fromBinary } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import {
  type HistogramDataPoint,
  MetricsDataSchema,
  type NumberDataPoint,
} from "../../schemas/gen/opentelemetry/proto/metrics/v1/metrics_pb.js";
import { startServer } from "../../test/support/http-server.ts";
import { startOtlpBackend } from "../../test/support/otlp-backend.ts";
import { aGauge, aMetricsRequest, aPoint } from "../../test/support/otlp-metric.ts";
import { isAggregator } from "../adapter.ts";
import { plainAttributes } from "../shared/otlp/plain.fixture.ts";
import { fakeHost } from "../testing/fake-host.ts";
import { aMetric, aTuple, declareMetric } from "../testing/metric-instance.ts";
import { otlpMetrics } from "./index.ts";

const instances = [declareMetric("requests", ["code"]), declareMetric("duration", ["code"], "DURATION")];
const metrics = { duration: { kind: "histogram", unit: "seconds", buckets: [0.1, 1] } };
const never = new AbortController().signal;

async function open(params: object) {
  const settings = otlpMetrics.config.parse({ metrics, ...params });
  expect(otlpMetrics.validate?.(settings, instances)).toEqual([]);
  const host = fakeHost(instances, { fetch });
  const outlet = await otlpMetrics.open(settings, host);
  if (isAggregator(outlet)) throw new Error("opened as an aggregator");
  const record = (code: string, value: number) => {
    outlet.sums!.record(aMetric("requests", { labels: aTuple({ code }) }));
    outlet.sums!.record(aMetric("duration", { labels: aTuple({ code }), value }));
  };
  const harvest = (isLast = false) => {
    host.nowMs += 30_000;
    return outlet.deliver(outlet.sums!.harvest(isLast), never);
  };
  return { host, outlet, record, harvest };
}

/** Every data point of a request: metric, code, and what matters of its value. */
function readRequest(body: Uint8Array) {
  const { resource, scopeMetrics } = fromBinary(MetricsDataSchema, body).resourceMetrics[0]!;
  const points = scopeMetrics[0]!.metrics.flatMap(({ name, data }) =>
    (data.value!.dataPoints as (NumberDataPoint | HistogramDataPoint)[]).map((point) => {
      const value = "value" in point ? point.value.value : point.bucketCounts;
      return [name, plainAttributes(point.attributes).code, point.flags === 1 ? "ended" : value];
    }),
  );
  return { resource: plainAttributes(resource!.attributes), points };
}

it("exports what came since the series began over gRPC, and where they end", async () => {
  const backend = await startOtlpBackend();
  const { outlet, record, harvest } = await open({ endpoint: `http://${backend.address}`, resource: { zone: "a" } });
  record("200", 5e7);
  record("200", 5e9);
  expect(await harvest()).toEqual({ status: "delivered" });
  record("200", 5e7);
  await harvest(true);
  const [first, last] = backend.received.map(({ body }) => readRequest(body));
  expect(backend.received[0]!.telemetry).toBe("metrics");
  expect(first).toEqual({
    resource: { "service.name": "mixdown", "service.instance.id": hostname(), zone: "a" },
    points: [
      ["requests", "200", 2],
      ["duration", "200", [1n, 0n, 1n]],
    ],
  });
  expect(last!.points).toEqual([
    ["requests", "200", 3],
    ["requests", "200", "ended"],
    ["duration", "200", [2n, 0n, 1n]],
    ["duration", "200", "ended"],
  ]);
  await outlet.close();
});

it("exports deltas over HTTP, without ends", async () => {
  const backend = await startServer((_, response) => response.end());
  const { outlet, record, harvest } = await open({ endpoint: backend.url, protocol: "http", temporality: "delta" });
  record("200", 5e7);
  await harvest();
  record("503", 5e7);
  await harvest(true);
  expect(backend.received.map(({ path }) => path)).toEqual(["/v1/metrics", "/v1/metrics"]);
  expect(readRequest(gunzipSync(backend.received[1]!.body)).points).toEqual([
    ["requests", "503", 1],
    ["duration", "503", [1n, 0n, 0n]],
  ]);
  await outlet.close();
});

it("counts as rejected what the backend says that it rejected", async () => {
  const backend = await startOtlpBackend();
  backend.answer = Uint8Array.of(10, 2, 8, 1);
  const { outlet, record, harvest } = await open({ endpoint: `http://${backend.address}` });
  record("200", 1);
  expect(await harvest()).toMatchObject({ status: "partial", rejected: [1] });
  await outlet.close();
});

it("passes metrics of others on in one request with its own, and sets whole items aside for what was rejected of them", async () => {
  const backend = await startOtlpBackend();
  const { outlet, host, record } = await open({ endpoint: `http://${backend.address}`, compression: "none" });
  record("200", 1);
  host.nowMs += 30_000;
  const relayed = (points: number) => {
    const bytes = aMetricsRequest([
      aGauge(
        "theirs",
        Array.from({ length: points }, () => aPoint(1)),
      ),
    ]);
    return { template: "metrics" as const, instance: "metrics", bytes, points };
  };
  const batch = [relayed(2), ...outlet.sums!.harvest(), relayed(5)];
  expect(await outlet.deliver(batch, never)).toEqual({ status: "delivered" });
  const names = fromBinary(MetricsDataSchema, backend.received[0]!.body).resourceMetrics.map(({ scopeMetrics }) =>
    scopeMetrics[0]!.metrics.map(({ name }) => name),
  );
  expect(names).toEqual([["requests", "duration"], ["theirs"], ["theirs"]]);
  // Seven of nine were rejected: that is the last item with its five, and two points.
  backend.answer = Uint8Array.of(10, 2, 8, 7);
  expect(await outlet.deliver(batch, never)).toMatchObject({ status: "partial", rejected: [1, 2, 3] });
  expect(outlet.sizeOf!(batch[0]!)).toBe(relayed(2).bytes.length);
  await outlet.close();
});

it("measures points by what they add to a request", async () => {
  const { host, outlet, record } = await open({ endpoint: "http://127.0.0.1:1" });
  record("200", 1);
  host.nowMs += 30_000;
  const sizes = outlet.sums!.harvest().map((point) => outlet.sizeOf!(point));
  expect(sizes).toHaveLength(2);
  for (const size of sizes) expect(size).toBeGreaterThan(50);
  await outlet.close();
});

it("says where it sends to, so that a hub does not send to itself", () => {
  expect(otlpMetrics.endpoints?.(otlpMetrics.config.parse({ endpoint: "http://a:1" }))).toEqual(["http://a:1"]);
});

it("finds what is wrong with its settings before it opens", () => {
  const settings = otlpMetrics.config.parse({ endpoint: "http://a:1/b", metrics: { request: {} } });
  const problems = otlpMetrics.validate?.(settings, instances) ?? [];
  expect(problems.map(({ path }) => path.join())).toEqual(["endpoint", "metrics,request"]);
  expect(otlpMetrics.config.safeParse({ endpoint: "http://a:1", interval: "10ms" }).success).toBe(false);
});

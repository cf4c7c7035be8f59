import { gunzipSync } from "node:zlib";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { afterEach, describe, expect, test } from "vitest";
import { StreamMetricsMessageSchema } from "../../schemas/gen/envoy/service/metrics/v3/metrics_service_pb.js";
import { type Metric, MetricsDataSchema } from "../../schemas/gen/opentelemetry/proto/metrics/v1/metrics_pb.js";
import { connectGrpc } from "../support/grpc-client.ts";
import { startServer } from "../support/http-server.ts";
import { type OtlpBackend, startOtlpBackend } from "../support/otlp-backend.ts";
import { aGauge, aMetricsRequest, aPoint, aSum } from "../support/otlp-metric.ts";
import { recordingsIn } from "../support/otlp-recordings.ts";
import { openRunningHub, type RunningHub } from "../support/running-hub.ts";

const method = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
let hub: RunningHub | undefined;

afterEach(async () => {
  await hub?.close();
  hub = undefined;
});

async function open(config: Readonly<Record<string, unknown>>): Promise<RunningHub> {
  hub = await openRunningHub({ grpc: { address: "127.0.0.1:0" }, http: { address: "127.0.0.1:0" } }, config);
  return hub;
}

const relayAll = (handler: object, match?: string) => ({
  handlers: { others: handler },
  rules: [{ name: "relay", ...(match && { match }), actions: [{ handler: "others", instances: ["metrics"] }] }],
});

const exporting = (backend: { readonly address: string }, more: object = {}) => ({
  adapter: "otlp-metrics",
  params: { endpoint: `http://${backend.address}`, compression: "none", interval: "1s" },
  ...more,
});

async function send(bytes: Uint8Array) {
  const connection = await connectGrpc(hub!.listeners.grpc as string);
  const answer = await connection.unary(method, bytes);
  await connection.close();
  return answer;
}

function post(body: string) {
  const headers = { "content-type": "application/json" };
  return fetch(`http://${hub!.listeners.http}/v1/metrics`, { method: "POST", headers, body });
}

const metricsOf = (body: Uint8Array): Metric[] =>
  fromBinary(MetricsDataSchema, body).resourceMetrics.flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) => metrics),
  );
const received = ({ received: all }: OtlpBackend) => all.flatMap(({ body }) => metricsOf(body));

async function until<T>(look: () => T | undefined | false): Promise<T> {
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("metrics of others are passed on as they came", () => {
  test("over gRPC, what Envoy sent byte for byte", async () => {
    const backend = await startOtlpBackend();
    await open(relayAll(exporting(backend, { batch: { maxItems: 1 } })));
    const recordings = recordingsIn("otlp-metrics.jsonl");
    for (const { bytes } of recordings) expect((await send(bytes)).status).toBe(0);
    await until(() => backend.received.length === recordings.length);
    const bodies = backend.received.map(({ body }) => body.toString("base64")).sort();
    expect(bodies).toEqual(recordings.map(({ bytes }) => bytes.toString("base64")).sort());
    expect(backend.received.map(({ telemetry }) => telemetry)).toContain("metrics");
  });

  test("from JSON, over HTTP with gzip", async () => {
    const backend = await startServer((_, response) => response.end());
    await open(relayAll({ adapter: "otlp-metrics", params: { endpoint: backend.url, protocol: "http" } }));
    const metric = { name: "a.b", sum: { dataPoints: [{ timeUnixNano: "7", asInt: "-3" }], isMonotonic: true } };
    const answer = await post(JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] }));
    expect(await answer.json()).toEqual({});
    await until(() => backend.received.length > 0);
    expect(metricsOf(gunzipSync(backend.received[0]!.body))).toMatchObject([
      { name: "a.b", data: { value: { dataPoints: [{ timeUnixNano: 7n, value: { value: -3n } }] } } },
    ]);
  });

  test("those that a rule selects, by what they and their resource say", async () => {
    const backend = await startOtlpBackend();
    const match = [
      'context.signal == "metric" && metric.kind == "sum" && metric.name.startsWith("http.")',
      'metric.unit == "s" && metric.scope == "lib" && metric.resource["deployment.environment"] == "prod"',
      'destination.service.name == "cart" && destination.workload.namespace == "shop"',
      'context.reporter.uid == "kubernetes://cart-1.shop"',
    ].join(" && ");
    await open(relayAll(exporting(backend), match));
    const resource = {
      ...{ "service.name": "cart", "service.namespace": "shop", "deployment.environment": "prod" },
      "service.instance.id": "sidecar~10.0.0.1~cart-1.shop~shop.svc.cluster.local",
    };
    const metrics = [
      aSum("http.time", [aPoint(1)], "delta", true, "s"),
      aSum("tcp.time", [aPoint(1)], "delta", true, "s"),
      aGauge("http.gauge", [aPoint(1)], "s"),
    ];
    await send(aMetricsRequest(metrics, resource, { name: "lib" }));
    await send(aMetricsRequest(metrics, { ...resource, "service.name": "web" }, { name: "lib" }));
    await send(aMetricsRequest(metrics, resource));
    await until(() => backend.received.length > 0);
    expect(received(backend).map(({ name }) => name)).toEqual(["http.time"]);
    expect(await hub!.total("mixdown_handler_delivered_total", { handler: "others" })).toBe(1);
    expect(await hub!.total("mixdown_records_total", { source: "otlp", outcome: "unmatched" })).toBe(8);
  });

  test("from a log on disk, after the backend was away", async () => {
    const away = await startOtlpBackend();
    away.stop();
    await open(relayAll(exporting(away, { durable: true, retry: { initial: "10ms" } })));
    const [first] = recordingsIn("otlp-metrics.jsonl");
    expect((await send(first!.bytes)).status).toBe(0);
    const back = await startOtlpBackend(undefined, away.address);
    await until(() => back.received.length > 0);
    expect(back.received[0]!.body.equals(first!.bytes)).toBe(true);
  });

  test("a large request in turns", async () => {
    const backend = await startOtlpBackend();
    await open(relayAll(exporting(backend)));
    const points = Array.from({ length: 500 }, (_, i) => aPoint(i, { i }));
    const answer = await send(aMetricsRequest(Array.from({ length: 30 }, (_, i) => aGauge(`m${i}`, points))));
    expect([answer.status, answer.messages.map(({ length }) => length)]).toEqual([0, [0]]);
    const count = () => received(backend).reduce((sum, { data }) => sum + (data.value?.dataPoints.length ?? 0), 0);
    await until(() => count() === 15_000);
    expect(await hub!.total("mixdown_handler_delivered_total", { handler: "others" })).toBe(15_000);
    expect(await hub!.total("mixdown_metric_points_total", { outcome: "accepted" })).toBe(15_000);
  });

  test("beside what the handler sums up itself", async () => {
    const backend = await startOtlpBackend();
    const rules = [{ name: "both", actions: [{ handler: "others", instances: ["metrics", "calls"] }] }];
    const instances = { calls: { template: "metric", params: { value: 1 } } };
    const { listeners } = await open({ handlers: { others: exporting(backend) }, instances, rules });
    await fetch(`http://${listeners.http}/v1/report`, {
      ...{ method: "POST", headers: { "content-type": "application/json" } },
      body: JSON.stringify({ attributes: [{ "request.method": "GET" }] }),
    });
    await send(aMetricsRequest([aGauge("theirs", [aPoint(1), aPoint(2)])]));
    const values = () => received(backend).map(({ name, data }) => [name, data.value?.dataPoints.length]);
    await until(() => values().length >= 2);
    expect(values()).toEqual(
      expect.arrayContaining([
        ["theirs", 2],
        ["calls", 1],
      ]),
    );
  });
});

describe("metrics are no requests", () => {
  test("a rule without a match counts none of them, and neither do statistics", async () => {
    const rules = [{ name: "all", actions: [{ handler: "own", instances: ["calls", "metrics"] }] }];
    const backend = await startOtlpBackend();
    await open({
      handlers: { own: exporting(backend) },
      instances: { calls: { template: "metric", params: { value: 1 } } },
      rules,
    });
    await send(aMetricsRequest([aGauge("theirs", [aPoint(1)])], { "service.name": "cart" }));
    await until(() => backend.received.length > 0);
    const { listeners } = hub!;
    const answer = await fetch(`http://${listeners.admin}/api/v1/stats/services?from=-1h`);
    expect(JSON.stringify(await answer.json())).not.toContain("cart");
    await hub!.close();
    hub = undefined;
    expect(received(backend).map(({ name }) => name)).toEqual(["theirs"]);
  });
});

describe("answers", () => {
  test("what is malformed is refused alone, with its points and why", async () => {
    const backend = await startOtlpBackend();
    await open(relayAll(exporting(backend)));
    const future = { timeUnixNano: 9_000_000_000_000_000_000n };
    const metrics = [
      aGauge("good", [aPoint(1)]),
      aGauge("", [aPoint(1), aPoint(2)]),
      aGauge("late", [aPoint(1, {}, future), aPoint(2), aPoint(3)]),
      aGauge("also.good", [aPoint(4)]),
    ];
    const { messages } = await send(aMetricsRequest(metrics));
    const text = Buffer.from(messages[0]!).toString();
    expect(text).toContain(
      "5 of 7 data points refused: metric 1: expected a name; metric 2: a point lies more than a year ahead",
    );
    await until(() => backend.received.length > 0);
    expect(received(backend).map(({ name }) => name)).toEqual(["good", "also.good"]);
    expect(await hub!.total("mixdown_metric_points_total", { source: "otlp", outcome: "accepted" })).toBe(2);
    expect(await hub!.total("mixdown_metric_points_total", { source: "otlp", outcome: "rejected" })).toBe(5);
    expect(await hub!.total("mixdown_decode_errors_total", { source: "otlp", reason: "metric_name" })).toBe(1);
  });

  test("in JSON, too", async () => {
    const backend = await startOtlpBackend();
    await open(relayAll(exporting(backend)));
    const answer = await post(
      '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":7},{"name":"a","gauge":{"dataPoints":[{"asInt":1}]}},{"gauge":{}}]}]}]}',
    );
    expect(await answer.json()).toEqual({
      partialSuccess: {
        rejectedDataPoints: "2",
        errorMessage: "2 of 3 data points refused: metric 0: name: expected text; metric 2: expected a name",
      },
    });
  });

  test("where no rule takes metrics, all are refused with a remedy", async () => {
    await open({});
    const [first] = recordingsIn("otlp-metrics.jsonl");
    const { status, messages } = await send(first!.bytes);
    expect([status, Buffer.from(messages[0]!).toString()]).toEqual([
      0,
      expect.stringContaining("metrics are not taken: no rule sends the instance metrics to a handler"),
    ]);
    expect(await hub!.total("mixdown_metric_points_total", { source: "otlp", outcome: "rejected" })).toBe(6);
  });
});

describe("on a metrics page", () => {
  const showAll = { rules: [{ name: "show", actions: [{ handler: "prometheus", instances: ["metrics"] }] }] };
  const page = async () => (await fetch(`http://${hub!.listeners.admin}/metrics`)).text();

  test("they are shown beside those of the hub, and counted as delivered", async () => {
    await open(showAll);
    await send(aMetricsRequest([aSum("their.calls", [aPoint(7)]), aGauge("mixdown.streams", [aPoint(1)])]));
    expect(await page()).toContain("their_calls_total 7\n");
    expect(await page()).not.toContain("Metric mixdown.streams");
    expect(await hub!.total("mixdown_handler_delivered_total", { handler: "prometheus" })).toBe(2);
  });

  test("what is not shown is dropped, with its reason", async () => {
    await open(showAll);
    for (let i = 0; i < 3; i++) await send(aMetricsRequest([aSum("their.calls", [aPoint(7), aPoint(8, { a: i })])]));
    const labels = { handler: "prometheus", reason: "out_of_order" };
    expect(await hub!.total("mixdown_handler_dropped_total", labels)).toBe(2);
    expect(await hub!.total("mixdown_handler_delivered_total", { handler: "prometheus" })).toBe(4);
  });
});

describe("the statistics that Envoy pushes", () => {
  const node = { id: "lab-metrics-1", cluster: "lab-metrics" };

  /** Sends the messages of one recorded stream over one stream. */
  async function push(sink: string): Promise<void> {
    const connection = await connectGrpc(hub!.listeners.grpc as string);
    const call = connection.call("/envoy.service.metrics.v3.MetricsService/StreamMetrics");
    const messages = recordingsIn("metrics.jsonl").filter(({ metadata }) => metadata["x-sink"] === sink);
    // Not every recorded stream begins with its first message.
    call.send(toBinary(StreamMetricsMessageSchema, create(StreamMetricsMessageSchema, { identifier: { node } })));
    for (const { bytes } of messages) call.send(bytes);
    call.end();
    expect((await call.outcome).status).toBe(0);
    await connection.close();
  }

  const handlers = (backend: { readonly address: string }) => ({
    handlers: { others: exporting(backend) },
    rules: [
      {
        name: "statistics",
        match: 'metric.resource["envoy.node.cluster"] == "lab-metrics"',
        actions: ["others", "prometheus"].map((handler) => ({ handler, instances: ["metrics"] })),
      },
    ],
  });

  test("are passed on as OTLP and shown, totals as they are", async () => {
    const backend = await startOtlpBackend();
    await open(handlers(backend));
    await push("absolute");
    await until(() => received(backend).some(({ name }) => name === "cluster.http_up.upstream_rq_200"));
    const page = await (await fetch(`http://${hub!.listeners.admin}/metrics`)).text();
    expect(page).toMatch(
      /^cluster_http_up_upstream_cx_rx_bytes_total\{instance="lab-metrics-1",job="lab-metrics"\} 35405$/m,
    );
    expect(page).toMatch(/^http_metrics_lab_downstream_rq_time_count\{.*\} 34$/m);
    expect(page).toMatch(/^target_info\{.*envoy_node_cluster="lab-metrics".*\} 1$/m);
    expect(await hub!.total("mixdown_decode_errors_total", { reason: "summary_beside_histogram" })).toBe(8);
    expect(await hub!.total("mixdown_metric_points_total", { source: "metrics", outcome: "accepted" })).toBe(121);
    expect(await hub!.total("mixdown_metric_points_total", { source: "metrics", outcome: "rejected" })).toBe(0);
    expect(await hub!.total("mixdown_handler_dropped_total", { handler: "prometheus" })).toBe(0);
  });

  test("are added up where they are growth since the last flush", async () => {
    const backend = await startOtlpBackend();
    await open(handlers(backend));
    await push("delta-labels-batch20");
    const page = await (await fetch(`http://${hub!.listeners.admin}/metrics`)).text();
    const labels = 'envoy_cluster_name="http_up",instance="lab-metrics-1",job="lab-metrics",lab_static="yes"';
    expect(page).toContain(`cluster_upstream_cx_rx_bytes_total{${labels}} 35405\n`);
    expect(page).toMatch(/^cluster_upstream_cx_connect_ms_count\{.*\} 1$/m);
  });
});

test("a handler that does not take them is refused with what it takes", async () => {
  const handlers = { lines: { adapter: "statsd", params: { address: "127.0.0.1:8125" } } };
  const rules = [{ name: "no", actions: [{ handler: "lines", instances: ["metrics"] }] }];
  await expect(open({ handlers, rules })).rejects.toThrow(
    '"metrics" is a metrics, which handler "lines" does not take (expected "metric", as the adapter statsd takes)',
  );
});

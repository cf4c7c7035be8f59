import { afterEach, expect, test } from "vitest";
import type { EdgesAnswer, ServicesAnswer } from "../../collector/stats/query/query.ts";
import { defaultConfig, freePorts, type Hub, startHub, traceMetrics } from "./support/hub.ts";
import { portNumber, portOf } from "./support/lab.ts";
import { type Mesh, startMesh } from "./support/mesh.ts";
import { describeWith } from "./support/needs.ts";
import { type CollectedSpan, type OtelCollector, startOtelCollector } from "./support/otel-collector.ts";
import { lint } from "./support/prometheus.ts";
import { http1Client, repeat } from "./support/traffic.ts";
import { settled, waitUntil } from "./support/wait.ts";

const requests = 500;
/** Of each request: what the client's and the server's sidecar saw, and their attempts at the next. */
const spansOfOne = 4;
const listener = { address: "127.0.0.1:0" };
const stopped: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const stop of stopped.splice(0).reverse()) await stop();
});

async function started<T extends { stop(): Promise<unknown> }>(starting: Promise<T>): Promise<T> {
  const it = await starting;
  stopped.push(() => it.stop());
  return it;
}

const settingsOf = (params: object, instances: object = {}) => ({
  listeners: { ...freePorts.listeners, http: listener },
  handlers: { traces: { adapter: "otlp", params, retry: { initial: "50ms", max: "200ms" } } },
  instances,
  rules: [
    {
      name: "traces",
      match: 'context.signal == "span"',
      actions: [{ handler: "traces", instances: [Object.keys(instances)[0] ?? "spans"] }],
    },
  ],
});

async function send(mesh: Mesh): Promise<void> {
  const client = http1Client(portOf(mesh.client, "0.0.0.0_9080"));
  const answers = await repeat(requests, 8, (i) =>
    client.get(i % 10 === 0 ? "/status/503" : "/reviews/7", { host: "reviews:9080" }),
  );
  client.close();
  expect(answers.filter((code) => code === 503)).toHaveLength(requests / 10);
}

/** The spans of a trace from its root on; each must be the only child of the one before. */
function chainOf(trace: readonly CollectedSpan[]): CollectedSpan[] {
  const byParent = Map.groupBy(trace, ({ parentSpanId }) => parentSpanId);
  const chain: CollectedSpan[] = [];
  for (let next = byParent.get(""); next; next = byParent.get(chain.at(-1)!.spanId)) {
    expect(next).toHaveLength(1);
    chain.push(next[0]!);
  }
  return chain;
}

async function service(hub: Hub): Promise<unknown> {
  const { services } = (await (await hub.get("/api/v1/stats/services?from=-15m")).json()) as ServicesAnswer;
  return services
    .filter(({ requests }) => requests > 0)
    .map(({ name, requests, errors }) => ({ name, requests, errors }));
}

async function edgesOf(hub: Hub, reporter: string): Promise<EdgesAnswer["edges"]> {
  const answer = await hub.get(`/api/v1/stats/edges?from=-15m&reporter=${reporter}`);
  const { edges } = (await answer.json()) as EdgesAnswer;
  return edges.filter((edge) => edge.requests > 0);
}

describeWith(
  "envoy",
  "otelcol",
  "openssl",
)("two sidecars in a row trace every request into the hub", () => {
  let collector: OtelCollector;

  test.each([
    { protocol: "otlp-grpc", out: "grpc" },
    { protocol: "otlp-http", out: "http" },
    { protocol: "zipkin", out: "grpc" },
  ] as const)(
    "$protocol in, OTLP over $out on to a collector that goes away: traces whole, requests once",
    async ({ protocol, out }) => {
      collector = await started(startOtelCollector());
      const hub = await started(startHub({ settings: settingsOf({ endpoint: collector[out], protocol: out }) }));
      const mesh = await started(
        startMesh(portNumber(hub.listeners.grpc), { protocol, httpPort: portNumber(hub.listeners.http) }),
      );
      await send(mesh);
      await collector.pause();
      await send(mesh);
      await settled(() => hub.total("mixdown_records_total"));
      await collector.resume();
      const sent = 2 * requests;
      await waitUntil("every span to arrive", () => collector.spans().length >= sent * spansOfOne);

      const spans = collector.spans();
      expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(sent * spansOfOne);
      const traces = [...Map.groupBy(spans, ({ traceId }) => traceId).values()].map(chainOf);
      expect(traces).toHaveLength(sent);
      const services = traces.map((chain) => chain.map(({ resource }) => resource["service.name"]?.stringValue));
      const [client, server] = ["productpage.default", "reviews.default"];
      expect(services).toEqual(Array(sent).fill([client, client, server, server]));

      expect(await service(hub)).toEqual([{ name: "reviews", requests: sent, errors: sent / 10 }]);
      expect(await hub.total("istio_requests_total", { reporter: "destination" })).toBe(sent);
      expect(await hub.total("mixdown_records_total", { outcome: "malformed" })).toBe(0);
    },
    120_000,
  );

  test("without access logs, spans alone count each request once, on the edge between the two", async () => {
    const hub = await started(startHub({ settings: { listeners: { ...freePorts.listeners, http: listener } } }));
    const httpPort = portNumber(hub.listeners.http);
    const mesh = await started(
      startMesh(portNumber(hub.listeners.grpc), { protocol: "otlp-grpc", httpPort, only: true }),
    );
    await send(mesh);
    await waitUntil("every span", async () => (await hub.total("mixdown_records_total")) >= requests * spansOfOne);
    expect(await service(hub)).toEqual([{ name: "reviews", requests, errors: requests / 10 }]);
    for (const reporter of ["auto", "inbound", "outbound"])
      expect(await edgesOf(hub, reporter)).toMatchObject([
        { source: "default/productpage", destination: "default/reviews", requests, errors: requests / 10 },
      ]);
  }, 60_000);

  test("a trace with a 503 is kept whole, and of those without one a quarter", async () => {
    collector = await started(startOtelCollector());
    const keep = [
      { name: "errors", when: "response.code >= 500" },
      { name: "rest", rate: 0.25 },
    ];
    const kept = { template: "spans", params: { tail: { quiet: "2s", keep } } };
    const settings = settingsOf({ endpoint: collector.grpc }, { kept });
    const hub = await started(startHub({ settings }));
    const httpPort = portNumber(hub.listeners.http);
    const mesh = await started(startMesh(portNumber(hub.listeners.grpc), { protocol: "otlp-grpc", httpPort }));
    await send(mesh);
    const decided = () => hub.total("mixdown_sampling_spans_total");
    await waitUntil("every span to be decided", async () => (await decided()) >= requests * spansOfOne);
    const sent = await hub.total("mixdown_sampling_spans_total", { outcome: "kept" });
    await waitUntil("every kept span to arrive", () => collector.spans().length >= sent);

    const traces = [...Map.groupBy(collector.spans(), ({ traceId }) => traceId).values()].map(chainOf);
    expect(new Set(traces.map(({ length }) => length))).toEqual(new Set([spansOfOne]));
    const isError = ([root]: CollectedSpan[]) => root!.attributes["http.status_code"]?.stringValue === "503";
    const [errors, others] = [traces.filter(isError), traces.filter((chain) => !isError(chain))];
    expect(errors).toHaveLength(requests / 10);
    // Of 450, 112 are kept on average; this is four standard deviations around it.
    expect(others.length).toBeGreaterThan(75);
    expect(others.length).toBeLessThan(150);
    const states = (chains: CollectedSpan[][]) => new Set(chains.flat().map(({ traceState }) => traceState ?? ""));
    expect([states(errors), states(others)]).toEqual([new Set([""]), new Set(["ot=th:c"])]);

    const { handlers } = (await (await hub.get("/api/v1/handlers")).json()) as { handlers: { name: string }[] };
    expect(handlers.find(({ name }) => name === "traces")).toMatchObject({
      received: sent,
      sampling: { waiting: 0, leftOut: { rest: requests * spansOfOne - sent } },
    });
    expect(await service(hub)).toEqual([{ name: "reviews", requests, errors: requests / 10 }]);
  }, 60_000);

  test.each([
    { what: "spans alone", only: true },
    { what: "spans beside access logs", only: false },
  ])(
    "$what give one edge of each request in the graph, and metrics with exemplars under the names that Grafana reads",
    async ({ only }) => {
      const settings = { listeners: { ...freePorts.listeners, http: listener } };
      const hub = await started(startHub({ settings, base: [defaultConfig, traceMetrics] }));
      const httpPort = portNumber(hub.listeners.http);
      const mesh = await started(startMesh(portNumber(hub.listeners.grpc), { protocol: "otlp-grpc", httpPort, only }));
      await send(mesh);
      await waitUntil("every call", async () => (await hub.total("mixdown_graph_calls_total")) >= requests);
      await settled(() => hub.total("mixdown_records_total"));
      // Access logs count where both tell, and those of this mesh do not know the other side's name.
      const source = only ? "default/productpage" : "default/unknown";
      expect(await edgesOf(hub, "auto")).toMatchObject([
        { source, destination: "default/reviews", requests, errors: requests / 10 },
      ]);
      const edge = { client: "productpage.default", server: "reviews.default", connection_type: "" };
      const total = (name: string, labels: Record<string, string>) => hub.total(name, labels);
      expect(await hub.total("traces_service_graph_request_total")).toBe(requests);
      expect(await total("traces_service_graph_request_total", edge)).toBe(requests);
      expect(await total("traces_service_graph_request_failed_total", edge)).toBe(requests / 10);
      for (const side of ["server", "client"])
        expect(await total(`traces_service_graph_request_${side}_seconds_count`, edge)).toBe(requests);
      const spans = { service: "reviews.default", span_kind: "SPAN_KIND_SERVER" };
      expect(await total("traces_spanmetrics_calls_total", spans)).toBe(requests);
      expect(await total("traces_spanmetrics_calls_total", { ...spans, status_code: "STATUS_CODE_ERROR" })).toBe(
        requests / 10,
      );
      expect(await total("traces_spanmetrics_latency_count", spans)).toBe(requests);
      expect(await total("traces_spanmetrics_size_total", spans)).toBeGreaterThan(requests * 100);

      const page = await (await hub.get("/metrics")).text();
      expect(
        lint(page)
          .split("\n")
          .filter((found) => found.startsWith("traces_")),
      ).toEqual([]);
      const open = await fetch(`http://${hub.listeners.admin}/metrics`, {
        headers: { accept: "application/openmetrics-text; version=1.0.0" },
      });
      const exemplars = (await open.text()).split("\n").filter((text) => /# \{trace_id="[0-9a-f]{32}"\}/.test(text));
      for (const name of [
        ...["traces_service_graph_request_total", "traces_service_graph_request_server_seconds_bucket"],
        ...["traces_spanmetrics_calls_total", "traces_spanmetrics_latency_bucket"],
      ])
        expect([name, exemplars.some((text) => text.startsWith(`${name}{`))]).toEqual([name, true]);
    },
    60_000,
  );
});

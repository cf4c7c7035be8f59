import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { parse } from "yaml";
import type { EdgesAnswer, ServicesAnswer } from "../../collector/stats/query/query.ts";
import type { Span } from "../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import { root } from "../support/documents.ts";
import { aRequest } from "../support/otlp-span.ts";
import { openRunningHub, type RunningHub } from "../support/running-hub.ts";
import { type Place, spanAt } from "../support/trace-spans.ts";

const traces = parse(readFileSync(`${root}config/traces.yaml`, "utf8"), { merge: true });
const http = { "http.request.method": "GET", "http.response.status_code": 200 };
const query = { "db.system": "mysql", "db.name": "orders" };
let hub: RunningHub;

afterEach(() => hub.close());

async function open(more: object = {}): Promise<void> {
  hub = await openRunningHub({ http: { address: "127.0.0.1:0" } }, { ...traces, ...more });
}

async function send(service: string, ...spans: readonly Span[]): Promise<void> {
  const answer = await fetch(`http://${hub.listeners.http}/v1/traces`, {
    method: "POST",
    headers: { "content-type": "application/x-protobuf" },
    body: aRequest(spans, { "service.name": service }),
  });
  expect([answer.status, (await answer.arrayBuffer()).byteLength]).toEqual([200, 0]);
}

/** A span of 20 ms that ended so long ago; by default in a second that is over, since ranges end with the last whole one. */
function at(
  kind: "server" | "client" | "producer" | "consumer",
  place: Place,
  attributes: Record<string, string | number> = http,
  agoMs = 2000,
): Span {
  const end = BigInt(Date.now() - agoMs) * 1_000_000n;
  return spanAt(kind, { ...place, rest: { startTimeUnixNano: end - 20_000_000n, endTimeUnixNano: end } }, attributes);
}

async function edges() {
  const answer = await fetch(`http://${hub.listeners.admin}/api/v1/stats/edges?from=-15m`);
  const { nodes, edges } = (await answer.json()) as EdgesAnswer;
  const virtual = nodes.flatMap((node) => (node.virtual === undefined ? [] : [[node.id, node.virtual]]));
  return { edges: edges.map(({ source, destination, requests }) => [source, destination, requests]), virtual };
}

const calls = (labels: Record<string, string>) => hub.total("traces_service_graph_request_total", labels);

it("shows a call in metrics and statistics once both of its spans are there, and a caller from outside at once", async () => {
  await open();
  await send("cart", at("server", { id: 3, parent: 2, failed: true }));
  expect(await hub.total("traces_service_graph_request_total")).toBe(0);
  await send("web", at("client", { id: 2, parent: 1 }), at("server", { id: 1 }));

  expect(await calls({ client: "web", server: "cart", connection_type: "", virtual_node: "" })).toBe(1);
  expect(await calls({ client: "user", server: "web", connection_type: "virtual_node", virtual_node: "client" })).toBe(
    1,
  );
  expect(await hub.total("traces_service_graph_request_failed_total")).toBe(1);
  expect(await hub.total("traces_service_graph_request_failed_total", { server: "cart" })).toBe(1);
  expect(await hub.total("traces_service_graph_request_server_seconds_sum", { server: "cart" })).toBeCloseTo(0.02);
  expect(await hub.total("traces_service_graph_request_client_seconds_count")).toBe(1);
  expect(await hub.total("traces_spanmetrics_calls_total", { service: "web", span_kind: "SPAN_KIND_CLIENT" })).toBe(1);
  expect(await hub.total("traces_spanmetrics_calls_total", { status_code: "STATUS_CODE_ERROR" })).toBe(1);
  expect(await hub.total("mixdown_graph_calls_total", { type: "service" })).toBe(1);
  expect(await hub.total("mixdown_graph_waiting_spans")).toBe(3);
  expect(await edges()).toEqual({
    edges: [
      ["/user", "/web", 1],
      ["/web", "/cart", 1],
    ],
    virtual: [["/user", "outside"]],
  });
});

it("shows databases, queues, messages, and what found no other side", async () => {
  const topic = { "messaging.system": "kafka", "messaging.destination.name": "orders-topic" };
  await open({ graph: { wait: "0s" } });
  await send("web", at("client", { id: 2, parent: 1 }, query), at("producer", { id: 3, parent: 1 }, topic));
  await send("web", at("client", { id: 4, parent: 1 }));
  expect(await calls({ client: "web", server: "orders", connection_type: "database", virtual_node: "server" })).toBe(1);
  expect(await calls({ server: "orders-topic", connection_type: "messaging_system" })).toBe(1);
  expect(await hub.total("traces_service_graph_unpaired_spans_total", { client: "web" })).toBe(1);
  expect(await hub.total("traces_service_graph_dropped_spans_total")).toBe(0);
  expect((await edges()).virtual).toEqual([
    ["/orders", "database"],
    ["/orders-topic", "messaging_system"],
  ]);
});

it("times messages", async () => {
  const topic = { "messaging.system": "kafka", "messaging.destination.name": "orders-topic" };
  await open();
  await send("web", at("producer", { id: 3, parent: 1 }, topic, 5000));
  await send("mail", at("consumer", { id: 4, links: [{ id: 3 }], trace: 2 }, topic, 0));
  expect(await calls({ client: "web", server: "mail", connection_type: "messaging_system", virtual_node: "" })).toBe(1);
  const name = "traces_service_graph_request_messaging_system_seconds";
  expect([await hub.total(`${name}_bucket`, { le: "3.2" }), await hub.total(`${name}_bucket`, { le: "6.4" })]).toEqual([
    0, 1,
  ]);
});

it("counts spans that had to go for want of room", async () => {
  await open({ graph: { maxSpans: 100 } });
  const spans = Array.from({ length: 150 }, (_, n) => at("client", { id: n + 2, parent: 1 }));
  await send("web", ...spans);
  expect(await hub.total("traces_service_graph_dropped_spans_total", { client: "web" })).toBe(50);
  expect(await hub.total("mixdown_graph_spans_total", { outcome: "dropped" })).toBe(50);
  expect(await hub.total("mixdown_graph_waiting_spans")).toBe(100);
});

it("gives calls to no rule that does not name them", async () => {
  const more = {
    instances: { ...traces.instances, everything: { template: "metric", params: { value: 1, dimensions: {} } } },
    rules: [...traces.rules, { name: "all", actions: [{ handler: "trace_metrics", instances: ["everything"] }] }],
  };
  await open(more);
  await send("web", at("client", { id: 2, parent: 1 }), at("server", { id: 1 }));
  await send("cart", at("server", { id: 3, parent: 2 }));
  expect(await hub.total("mixdown_graph_calls_total")).toBe(2);
  expect(await hub.total("everything_total")).toBe(3);
});

it("leaves spans alone where it is turned off", async () => {
  await open({ graph: null });
  await send("web", at("client", { id: 2, parent: 1 }), at("server", { id: 1 }));
  await send("cart", at("server", { id: 3, parent: 2 }));
  expect(await hub.total("mixdown_graph_calls_total")).toBe(0);
  expect(await hub.total("traces_spanmetrics_calls_total")).toBe(3);
  expect((await edges()).edges).toEqual([
    ["/unknown", "/cart", 1],
    ["/unknown", "/web", 1],
    ["/web", "/unknown", 1],
  ]);
});

it("counts spans of services while they wait, once", async () => {
  await open();
  await send("web", at("client", { id: 2, parent: 1 }));
  await send("cart", at("server", { id: 3, parent: 90 }), at("server", { id: 4, parent: 91 }));
  const services = async () => {
    const answer = await fetch(`http://${hub.listeners.admin}/api/v1/stats/services?from=-15m`);
    const { services } = (await answer.json()) as ServicesAnswer;
    return services.filter(({ requests }) => requests > 0).map(({ name, requests }) => [name, requests]);
  };
  const expected = [
    ["cart", 2],
    ["unknown", 1],
  ];
  expect(await services()).toEqual(expected);
  expect(await services()).toEqual(expected);
  expect(await hub.total("mixdown_stats_records_total")).toBe(0);
  expect((await edges()).edges).toEqual([]);
  await hub.reload({ ...traces, graph: null });
  expect(await services()).toEqual(expected);
});

it("lets spans wait over a reload, and lets them go where the next configuration looks for no calls", async () => {
  await open();
  await send("web", at("client", { id: 2, parent: 1 }), at("client", { id: 4, parent: 1 }, query));
  await hub.reload({ ...traces, graph: { wait: "1h" } });
  await send("cart", at("server", { id: 3, parent: 2 }));
  expect(await calls({ client: "web", server: "cart" })).toBe(1);
  expect(await calls({ server: "orders" })).toBe(0);
  await hub.reload({ ...traces, graph: null });
  expect(await calls({ server: "orders" })).toBe(1);
  expect(await hub.total("mixdown_graph_waiting_spans")).toBe(0);
});

it("tells rules of what still waits when the hub stops", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mixdown-graph-"));
  const path = join(folder, "log");
  await open({
    handlers: { log: { adapter: "file", params: { path } } },
    instances: { line: { template: "logentry", params: { variables: { client: "call.client" } } } },
    rules: [{ name: "log", match: 'context.signal == "unpaired"', actions: [{ handler: "log", instances: ["line"] }] }],
  });
  await send("web", at("client", { id: 2, parent: 1 }));
  await hub.close(5000);
  expect(readFileSync(path, "utf8")).toContain('"client":"web"');
  rmSync(folder, { recursive: true });
  await open();
});

import { create, toBinary } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { SpanSchema, StatusSchema } from "../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import { spanKind } from "../../schemas/model/span.ts";
import { type SpanAttributes, spanRecords } from "../../test/support/normalized-span.ts";
import { aRequest, aSpan } from "../../test/support/otlp-span.ts";

type Plain = string | number | boolean;
type Attributes = Readonly<Record<string, Plain>>;

const of = (kind: number, attributes: Attributes, resource: Attributes = {}): SpanAttributes =>
  spanRecords(aRequest([aSpan(1, attributes, { kind })], resource))[0] as SpanAttributes;

const server = (attributes: Attributes, resource?: Attributes) => of(spanKind.server, attributes, resource);
const client = (attributes: Attributes, resource?: Attributes) => of(spanKind.client, attributes, resource);

it.each<[string, Attributes, string, unknown]>([
  ["new names", { "http.request.method": "PUT", "http.method": "GET" }, "request.method", "PUT"],
  ["old names", { "http.method": "GET" }, "request.method", "GET"],
  ["a number", { "http.response.status_code": 404 }, "response.code", 404],
  ["decimal text", { "http.status_code": "404" }, "response.code", 404],
  ["status 0", { "http.status_code": "0" }, "response.code", undefined],
  ["a dash", { response_flags: "-" }, "context.proxy_error_code", undefined],
  ["flags", { response_flags: "UF,URX" }, "context.proxy_error_code", "UF,URX"],
  ["no number", { request_size: "many" }, "request.size", undefined],
  ["0 as a size", { request_size: "0" }, "request.size", 0],
  ["below 0", { "http.request.body.size": -1 }, "request.size", undefined],
  ["path and query", { "url.path": "/a", "url.query": "b=1" }, "request.path", "/a?b=1"],
  ["a target", { "http.target": "/a?b=1" }, "request.url_path", "/a"],
  ["a URL", { "url.full": "https://u:p@shop:8443/a/b?c#d" }, "request.path", "/a/b?c"],
  ["a URL without path", { "http.url": "http://shop?c" }, "request.path", "/?c"],
  ["a URL's host", { "url.full": "https://u:p@shop:8443/a" }, "request.host", "shop:8443"],
  ["a host of its own", { "server.address": "shop", "url.full": "https://other/a" }, "request.host", "shop"],
  ["a URL's scheme", { "http.url": "https://shop/a" }, "request.scheme", "https"],
  ["no URL", { "http.url": "nonsense" }, "request.path", undefined],
  ["a version", { "network.protocol.version": "2.0" }, "request.http_version", "2"],
  ["Envoy's version", { "http.protocol": "HTTP/1.1" }, "request.http_version", "1.1"],
  ["a route", { "http.route": "/users/{id}", "url.path": "/users/7" }, "route.template", "/users/{id}"],
  ["a learned route", { "url.path": "/users/7" }, "route.template", "/users/{id}"],
  ["a decimal gRPC status", { "grpc.status_code": "14" }, "response.grpc_status", "14"],
  ["gRPC status OK", { "rpc.grpc.status_code": 0 }, "response.grpc_status", "0"],
  ["a gRPC status by name", { "rpc.response.status_code": "UNAVAILABLE" }, "response.grpc_status", "14"],
  ["no gRPC status", { "rpc.response.status_code": "20x" }, "response.grpc_status", undefined],
  ["RPC", { "rpc.system": "grpc", "http.request.method": "POST" }, "context.protocol", "grpc"],
  ["HTTP", { "http.request.method": "POST" }, "context.protocol", "http"],
  ["neither", { "db.system": "mysql" }, "context.protocol", undefined],
  ["headers", { "http.request.header.X-Tenant": "a" }, "request.headers", new Map([["x-tenant", "a"]])],
  ["resends", { "http.request.resend_count": 2 }, "upstream.attempts", 2],
])("reads %s", (_what, attributes, name, value) => {
  expect(server(attributes)[name]).toEqual(value);
});

it("tells the side by the kind; work within a process has none", () => {
  const kinds = [spanKind.server, spanKind.consumer, spanKind.client, spanKind.producer, spanKind.internal, 0];
  expect(kinds.map((kind) => of(kind, {}, { "service.name": "shop" })["context.reporter.kind"])).toEqual([
    ...["inbound", "inbound", "outbound", "outbound"],
    ...[undefined, undefined],
  ]);
  expect(of(spanKind.internal, {}, { "service.name": "shop" })).not.toHaveProperty("source.workload.name");
});

it.each([
  ["ot=th:c", 4],
  ["a=b,ot=rv:d0000000000000;th:f", 16],
  ["ot=th:0", undefined],
  ["ot=th:x", undefined],
  ["a=b", undefined],
])("weighs a span that was sampled with tracestate %s", (traceState, weight) => {
  const [record] = spanRecords(aRequest([aSpan(1, {}, { traceState })]));
  expect(record?.["context.weight"]).toBe(weight);
});

it.each([
  ["a gateway's request", spanKind.server, "outbound|80|v1|shop.prod.svc.cluster.local", "outbound"],
  ["a gateway's attempt", spanKind.client, "outbound|80|v1|shop.prod.svc.cluster.local", "outbound"],
  ["a sidecar's request", spanKind.server, "inbound|8080||", "inbound"],
  ["a sidecar's attempt at its own workload", spanKind.client, "inbound|8080||", undefined],
  ["a plain proxy's request", spanKind.server, "shop", "inbound"],
  ["a plain proxy's attempt", spanKind.client, "shop", "outbound"],
])("tells the side of %s by the cluster, too", (_what, kind, cluster, side) => {
  expect(of(kind, { "upstream_cluster.name": cluster })["context.reporter.kind"]).toBe(side);
});

it("knows a proxy of Istio by its tags, where the span does not name the node", () => {
  const tags = {
    "istio.canonical_service": "shop",
    "istio.canonical_revision": "v2",
    "istio.namespace": "prod",
    "upstream_cluster.name": "outbound|80||users.prod.svc.cluster.local",
  };
  const record = client(tags, { "service.name": "shop.prod" });
  expect(record).toMatchObject({
    "source.canonical.name": "shop",
    "source.canonical.revision": "v2",
    "source.workload.namespace": "prod",
    "destination.service.name": "users",
  });
  expect(record).not.toHaveProperty("source.workload.name");
});

it("knows a program by its resource", () => {
  const resource = {
    "service.name": "shop",
    "service.version": "1.2",
    "service.instance.id": "shop-1",
    "k8s.deployment.name": "shop-web",
    "k8s.replicaset.name": "shop-web-7f",
    "k8s.namespace.name": "prod",
    "k8s.pod.name": "shop-web-7f-x",
    "k8s.cluster.name": "eu",
    "k8s.pod.label.app": "shop",
  };
  expect(server({ "http.request.method": "GET" }, resource)).toMatchObject({
    "context.reporter.uid": "shop-1",
    "destination.canonical.name": "shop",
    "destination.workload.name": "shop-web",
    "destination.workload.namespace": "prod",
    "destination.workload.uid": "istio://prod/workloads/shop-web",
    "destination.name": "shop-web-7f-x",
    "destination.uid": "kubernetes://shop-web-7f-x.prod",
    "destination.owner": "kubernetes://apis/apps/v1/namespaces/prod/deployments/shop-web",
    "destination.labels": new Map([["app", "shop"]]),
    "destination.cluster.id": "eu",
    "destination.version": "1.2",
    "destination.service.name": "shop",
    "destination.service.namespace": "prod",
  });
  expect(client({}, { "service.name": "unknown_service:node" })).not.toHaveProperty("source.workload.name");
});

it("knows the other side by what the span says", () => {
  expect(
    client({
      "peer.service": "stock",
      "server.address": "stock.local",
      "network.peer.address": "10.0.0.9",
      "network.peer.port": 8080,
    }),
  ).toMatchObject({
    "destination.workload.name": "stock",
    "destination.canonical.name": "stock",
    "destination.service.name": "stock",
    "destination.service.host": "stock.local",
    "destination.ip": "10.0.0.9",
    "destination.port": 8080,
    "upstream.address": "10.0.0.9",
  });
  expect(
    server({ downstream_cluster: "web", "peer.address": "10.0.0.3:4711", "client.address": "192.0.2.1" }),
  ).toMatchObject({
    "source.workload.name": "web",
    "source.ip": "10.0.0.3",
    "origin.ip": "192.0.2.1",
  });
});

it("knows it by the tables, where the span does not say", () => {
  const request = aRequest([aSpan(1, { "network.peer.address": "10.0.0.9" }, { kind: spanKind.client })]);
  const addresses = { "10.0.0.0/24": { "workload.name": "stock", "canonical.name": "stock" } };
  expect(spanRecords(request, { addresses })[0]).toMatchObject({ "destination.workload.name": "stock" });
});

it("says nothing of a duration when the clock went backwards, and nothing of flags that were not sent", () => {
  const span = aSpan(1, {}, { startTimeUnixNano: 2_000_000_000n, endTimeUnixNano: 1_999_999_999n });
  const [record] = spanRecords(aRequest([span]));
  expect(record).not.toHaveProperty("response.duration");
  expect(record).not.toHaveProperty("trace.sampled");
  const long = aSpan(1, {}, { startTimeUnixNano: 1n, endTimeUnixNano: 1_700_000_000_000_000_001n, flags: 0x100 });
  expect(spanRecords(aRequest([long]))[0]).toMatchObject({
    "response.duration": 1_700_000_000_000_000_000n,
    "trace.sampled": false,
  });
});

it("tells what a span is, and where it stands in its trace", () => {
  const parentSpanId = new Uint8Array(8).fill(7);
  const child = aSpan(
    1,
    {},
    { kind: 3, parentSpanId, traceState: "ot=th:8", status: create(StatusSchema, { code: 2 }) },
  );
  const [childRecord, root] = spanRecords(aRequest([child, aSpan(2)], { "service.name": "shop" }));
  expect(childRecord).toMatchObject({
    "trace.parent_span_id": "0707070707070707",
    "trace.state": "ot=th:8",
    "span.name": "span 1",
    "span.kind": "client",
    "span.status": "error",
    "span.service": "shop",
    "span.size": toBinary(SpanSchema, child).length,
  });
  expect(root).toMatchObject({ "span.name": "span 2", "span.status": "unset" });
  for (const name of ["trace.parent_span_id", "trace.state", "span.kind"]) expect(root).not.toHaveProperty([name]);
});

it.each([
  [
    "nginx's module with the settings of docs/nginx.md",
    {
      ...{ "http.method": "GET", "http.target": "/users/7?a=1", "http.route": "/users/", "http.scheme": "http" },
      ...{ "http.flavor": "1.1", "http.user_agent": "curl/8", "http.request_content_length": 0 },
      ...{ "http.response_content_length": 12, "http.status_code": 200, "server.address": "shop.example" },
      ...{ "net.sock.peer.addr": "10.0.0.7", "net.sock.peer.port": 5123 },
    },
    "edge-nginx",
    { "route.template": "/users/", "response.size": 12 },
  ],
  [
    "Traefik",
    {
      ...{
        entry_point: "web",
        "http.request.method": "GET",
        "network.protocol.version": "1.1",
        "url.path": "/users/7",
      },
      ...{
        "url.query": "a=1",
        "url.scheme": "http",
        "user_agent.original": "curl/8",
        "server.address": "shop.example",
      },
      ...{ "network.peer.address": "10.0.0.7", "network.peer.port": "5123", "client.address": "10.0.0.7" },
      ...{ "http.response.status_code": 200 },
    },
    "traefik",
    { "route.template": "/users/{id}" },
  ],
])("reads a request of %s", (_what, attributes, service, more) => {
  expect(server(attributes, { "service.name": service })).toMatchObject({
    ...{ "context.reporter.kind": "inbound", "destination.service.name": service, "context.protocol": "http" },
    ...{ "request.method": "GET", "request.path": "/users/7?a=1", "request.host": "shop.example" },
    ...{ "request.scheme": "http", "request.http_version": "1.1", "request.useragent": "curl/8", "response.code": 200 },
    ...{ "source.ip": "10.0.0.7", ...more },
  });
});

import { create, toBinary } from "@bufbuild/protobuf";
import {
  AnyValueSchema,
  type KeyValue,
  KeyValueSchema,
} from "../../schemas/gen/opentelemetry/proto/common/v1/common_pb.js";
import { type Span, SpanSchema, TracesDataSchema } from "../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";

/** Requests as Envoy sends them: every other span a server's, with the tags and events that Envoy gives. */
export function makeSpanRequests(requests: number, spans: number): Uint8Array[] {
  return Array.from({ length: requests }, (_, request) => {
    const all = Array.from({ length: spans }, (_, n) => makeSpan(request * spans + n));
    const resource = {
      attributes: [text("service.name", "edge"), text("telemetry.sdk.name", "envoy"), text("zone", "eu-1")],
    };
    const scope = { name: "envoy", version: "1.40.0/Clean/RELEASE/BoringSSL" };
    const data = { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: all }] }] };
    return toBinary(TracesDataSchema, create(TracesDataSchema, data));
  });
}

/** A moment ago. */
const start = BigInt(Date.now() - 1000) * 1_000_000n;

function makeSpan(n: number): Span {
  const isServer = n % 2 === 1;
  const id = (length: number) => Buffer.from(String(n + 1).padStart(length, "7"));
  const common = {
    component: "proxy",
    upstream_cluster: `cluster_${n % 20}`,
    "upstream_cluster.name": `cluster_${n % 20}`,
    "http.status_code": n % 50 === 0 ? "503" : "200",
    response_flags: "-",
    "http.protocol": "HTTP/1.1",
    "peer.address": isServer ? "10.0.0.7" : `10.1.${n % 40}.3:8080`,
  };
  const server = {
    node_id: `edge-${n % 8}`,
    zone: "eu-1",
    "guid:x-request-id": `4fa05cc6-7ac8-928c-8c11-${String(n).padStart(12, "0")}`,
    "http.url": `http://shop.example/products/${n % 1000}?q=${n}`,
    "http.method": "GET",
    downstream_cluster: "-",
    user_agent: "curl/7.88.1",
    request_size: "0",
    response_size: String(n % 5000),
  };
  const attributes = isServer ? { ...server, ...common } : { upstream_address: `10.1.${n % 40}.3:8080`, ...common };
  return create(SpanSchema, {
    traceId: id(16),
    spanId: id(8),
    parentSpanId: isServer ? new Uint8Array(0) : Buffer.from("12345678"),
    name: isServer ? "ingress" : `router cluster_${n % 20} egress`,
    kind: isServer ? 2 : 3,
    startTimeUnixNano: start,
    endTimeUnixNano: start + BigInt(1_000_000 + n * 1000),
    attributes: Object.entries(attributes).map(([key, value]) => text(key, value)),
    events: ["first_upstream_tx_byte_sent", "last_upstream_rx_byte_received"].map((name) => ({
      timeUnixNano: start,
      name,
    })),
    flags: 257,
  });
}

function text(key: string, value: string): KeyValue {
  return create(KeyValueSchema, { key, value: create(AnyValueSchema, { value: { case: "stringValue", value } }) });
}

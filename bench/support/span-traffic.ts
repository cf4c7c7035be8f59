import { randomInt } from "node:crypto";
import { create, toBinary } from "@bufbuild/protobuf";
import {
  AnyValueSchema,
  type KeyValue,
  KeyValueSchema,
} from "../../schemas/gen/opentelemetry/proto/common/v1/common_pb.js";
import { type Span, SpanSchema, TracesDataSchema } from "../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";

/**
 * Requests as two proxies in a row send them in turn: every other span a server's, with the tags and events that Envoy gives,
 * and each client's span of the first the parent of a server's of the second.
 */
export function makeSpanRequests(requests: number, spans: number): Uint8Array[] {
  return Array.from({ length: requests }, (_, request) => {
    const isSecond = request % 2 === 1;
    const all = Array.from({ length: spans }, (_, n) =>
      makeSpan(request * spans + n, isSecond ? spans - (spans % 2) : 0),
    );
    const name = isSecond ? "shop" : "edge";
    const resource = {
      attributes: [text("service.name", name), text("telemetry.sdk.name", "envoy"), text("zone", "eu-1")],
    };
    const scope = { name: "envoy", version: "1.40.0/Clean/RELEASE/BoringSSL" };
    const data = { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: all }] }] };
    return toBinary(TracesDataSchema, create(TracesDataSchema, data));
  });
}

/** Tag and length of the ids of a span, and how they begin. */
const idMarks = [
  [10, 16],
  [18, 8],
  [34, 8],
].map((head) => Buffer.from([...head, ...Buffer.from("7777")]));

/** Gives requests in turn, in each round with other ids. */
export function renewing(requests: readonly Uint8Array[]): () => Uint8Array {
  let given = 0;
  const first = randomInt(2 ** 31);
  return () => {
    const request = Buffer.from(requests[given % requests.length]!);
    const round = first + Math.floor(given++ / requests.length);
    for (const mark of idMarks)
      for (let at = request.indexOf(mark); at >= 0; at = request.indexOf(mark, at + mark.length))
        request.writeUInt32BE(round, at + 2);
    return request;
  };
}

/** A moment ago. */
const start = BigInt(Date.now() - 1000) * 1_000_000n;

/** Client and server are the halves of a proxy's part of a trace; `before`: how many spans ago the other proxy made its part. */
function makeSpan(n: number, before: number): Span {
  const isServer = n % 2 === 1;
  const id = (number: number, length: number) => Buffer.from(String(number).padStart(length, "7"));
  const ownServer = isServer ? n : n + 1;
  const caller = before === 0 ? undefined : ownServer - 1 - before;
  const parent = isServer ? caller : ownServer;
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
    traceId: id(ownServer - before, 16),
    spanId: id(n, 8),
    parentSpanId: parent === undefined ? new Uint8Array(0) : id(parent, 8),
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

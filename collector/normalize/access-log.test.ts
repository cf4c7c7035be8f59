import { describe, expect, it } from "vitest";
import { builtInAttributes, slotOf } from "../../schemas/attributes/vocabulary.ts";
import type { AccessLogEntry } from "../../schemas/model/access-log.ts";
import { AttributeRecord, createProjection } from "../../schemas/model/record.ts";
import { valueTypes } from "../../schemas/model/value.ts";
import {
  anHttpEntry,
  anOrigin,
  aTcpEntry,
  aTls,
  type EntryOverrides,
  plainNode,
  sidecarNode,
} from "../../test/support/access-log-entry.ts";
import { type NormalizedOptions, normalized, normalizing } from "../../test/support/normalized.ts";
import { createAccessLogNormalizer } from "./access-log.ts";
import { createConnectionTable } from "./connection-table.ts";
import { createEnrichTables } from "./enrich.ts";
import { createRouteTemplates } from "./route-templates.ts";

const plain = anOrigin();
const sidecar = anOrigin(sidecarNode);
const client = "spiffe://cluster.local/ns/shop/sa/client";
const app = "spiffe://cluster.local/ns/default/sa/app";

/** Attributes of a final HTTP entry from a plain Envoy. */
const http = (overrides: EntryOverrides, options?: NormalizedOptions) =>
  normalized(anHttpEntry(overrides), plain, options).attributes;
/** The same from a sidecar. */
const meshed = (overrides: EntryOverrides, options?: NormalizedOptions) =>
  normalized(anHttpEntry(overrides), sidecar, options).attributes;

describe("request and response", () => {
  it.each<[string, EntryOverrides, Record<string, unknown>]>([
    [
      "the fields",
      {
        requestMethod: "PUT",
        scheme: "https",
        authority: "a.example:80",
        userAgent: "curl",
        referer: "r",
        forwardedFor: "192.0.2.1",
        httpVersion: "2",
        routeName: "default",
      },
      {
        "request.method": "PUT",
        "request.scheme": "https",
        "request.host": "a.example:80",
        "request.useragent": "curl",
        "request.referer": "r",
        "request.forwarded_for": "192.0.2.1",
        "request.http_version": "2",
        "route.name": "default",
      },
    ],
    ["request.id", { requestId: "r1", streamId: "s1" }, { "request.id": "r1" }],
    ["request.id by stream", { streamId: "s1" }, { "request.id": "s1" }],
    [
      "path with query",
      { path: "/a/b?x=1&y=%20&x=2&z" },
      {
        "request.path": "/a/b?x=1&y=%20&x=2&z",
        "request.url_path": "/a/b",
        "request.query_params": new Map([
          ["x", "1"],
          ["y", " "],
          ["z", ""],
        ]),
      },
    ],
    [
      "path before rewriting",
      { path: "/abc?d=e", originalPath: "/rewrite/abc?d=e" },
      { "request.path": "/rewrite/abc?d=e", "request.url_path": "/rewrite/abc", "route.template": "/rewrite/abc" },
    ],
    [
      "no path",
      { path: undefined },
      {
        "request.path": undefined,
        "request.url_path": undefined,
        "request.query_params": undefined,
        "route.template": undefined,
      },
    ],
    [
      "sizes of zero",
      { requestHeadersBytes: 0, requestBodyBytes: 0, responseHeadersBytes: 0, responseBodyBytes: 0 },
      { "request.size": 0, "request.total_size": 0, "response.size": 0, "response.total_size": 0 },
    ],
    [
      "total sizes",
      { requestHeadersBytes: 100, requestBodyBytes: 7, responseHeadersBytes: 50, responseBodyBytes: 9 },
      { "request.total_size": 107, "response.total_size": 59 },
    ],
    [
      "sizes beyond 2^53",
      { requestHeadersBytes: 2 ** 53 - 1, requestBodyBytes: 1 },
      { "request.total_size": 9007199254740992n },
    ],
    [
      "no request message",
      { hasRequest: false, requestHeadersBytes: undefined, requestBodyBytes: undefined },
      { "request.size": undefined, "request.total_size": undefined },
    ],
    ["no response sent", { responseCode: 0 }, { "response.code": undefined }],
    [
      "code and details",
      { responseCode: 503, responseCodeDetails: "cluster_not_found", responseFlags: "NC" },
      { "response.code": 503, "response.code_details": "cluster_not_found", "context.proxy_error_code": "NC" },
    ],
    [
      "response.time",
      { startTime: { seconds: 10, nanos: 999_999_999 }, duration: 2 },
      {
        "request.time": { seconds: 10, nanos: 999_999_999 },
        "context.time": { seconds: 10, nanos: 999_999_999 },
        "response.time": { seconds: 11, nanos: 1 },
        "response.duration": 2,
      },
    ],
    [
      "a time far in the future",
      { startTime: { seconds: 253402300799, nanos: 0 } },
      { "request.time": { seconds: 253402300799, nanos: 0 } },
    ],
    [
      "duration by last byte",
      { duration: undefined, timeToLastDownstreamTxByte: 77 },
      { "response.duration": 77, "response.time": undefined },
    ],
    ["duration before last byte", { duration: 80, timeToLastDownstreamTxByte: 77 }, { "response.duration": 80 }],
    [
      "upstream",
      {
        upstreamCluster: "up",
        upstreamRemoteAddress: { ip: "192.0.2.9", port: 80 },
        upstreamRequestAttemptCount: 2,
        timeToFirstUpstreamTxByte: 10,
        timeToFirstUpstreamRxByte: 30,
        timeToLastUpstreamRxByte: 50,
        upstreamTransportFailureReason: "TLS",
      },
      {
        "upstream.cluster": "up",
        "upstream.address": "192.0.2.9",
        "upstream.attempts": 2,
        "upstream.duration": 40,
        "upstream.first_byte.duration": 20,
        "upstream.failure": "TLS",
      },
    ],
    [
      "upstream never answered",
      { timeToFirstUpstreamTxByte: 10 },
      { "upstream.duration": undefined, "upstream.first_byte.duration": undefined },
    ],
    [
      "headers as logged",
      { requestHeaders: { a: "1" }, responseHeaders: { b: "2" }, responseTrailers: { c: "3" } },
      {
        "request.headers": new Map([["a", "1"]]),
        "response.headers": new Map([["b", "2"]]),
        "response.trailers": new Map([["c", "3"]]),
      },
    ],
    [
      "grpc in trailers",
      {
        responseTrailers: { "grpc-status": "7", "grpc-message": "no %22x%22 %zz" },
        responseHeaders: { "grpc-status": "0" },
      },
      { "response.grpc_status": "7", "response.grpc_message": 'no "x" %zz', "context.protocol": "grpc" },
    ],
    [
      "grpc in headers",
      { responseHeaders: { "grpc-status": "14" } },
      { "response.grpc_status": "14", "context.protocol": "grpc" },
    ],
    ["grpc status 0 is a value", { responseTrailers: { "grpc-status": "0" } }, { "response.grpc_status": "0" }],
    ["no grpc status", { responseHeaders: { "grpc-status": "" } }, { "response.grpc_status": undefined }],
    [
      "grpc by request",
      { requestHeaders: { "content-type": "application/grpc+proto" } },
      { "context.protocol": "grpc", "response.grpc_status": undefined },
    ],
    ["grpc by response", { responseHeaders: { "content-type": "Application/grpc" } }, { "context.protocol": "grpc" }],
    ["not grpc", { requestHeaders: { "content-type": "application/json" } }, { "context.protocol": "http" }],
    [
      "traceparent",
      { requestHeaders: { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" } },
      { "trace.id": "0af7651916cd43dd8448eb211c80319c", "trace.span_id": "b7ad6b7169203331", "trace.sampled": true },
    ],
    [
      "the node",
      {},
      {
        "context.signal": "accesslog",
        "context.reporter.uid": "edge-1",
        "context.reporter.cluster": "edge",
        "context.proxy_version": "1.40.0",
        "context.log_name": "log",
      },
    ],
  ])("%s", (_, overrides, expected) => {
    const attributes = http(overrides);
    for (const [name, value] of Object.entries(expected)) expect([name, attributes[name]]).toEqual([name, value]);
  });

  it("leaves what an entry does not carry absent", () => {
    expect(normalized(anHttpEntry({ startTime: undefined, duration: undefined }), plain).attributes).toEqual({
      "connection.mtls": false,
      "context.event": "end",
      "context.log_name": "log",
      "context.protocol": "http",
      "context.proxy_version": "1.40.0",
      "context.reporter.cluster": "edge",
      "context.reporter.kind": "outbound",
      "context.reporter.local": false,
      "context.reporter.uid": "edge-1",
      "context.signal": "accesslog",
      "request.http_version": "1.1",
      "request.method": "GET",
      "request.path": "/",
      "request.scheme": "http",
      "request.size": 0,
      "request.total_size": 100,
      "request.url_path": "/",
      "response.code": 200,
      "response.size": 10,
      "response.total_size": 60,
      "route.template": "/",
      "source.uid": "edge-1",
      "source.workload.name": "edge",
    });
  });

  it("takes the claims of the first payload with an issuer or a subject", () => {
    const payload = { iss: "https://id", sub: "u1", aud: ["a", "b"], azp: "web", exp: 1.5, admin: true };
    const metadata = { "envoy.filters.http.jwt_authn": { header: { kid: "k", typ: "JWT" }, "my-key": payload } };
    expect(http({ metadata })).toMatchObject({
      "request.auth.principal": "https://id/u1",
      "request.auth.audiences": "a,b",
      "request.auth.presenter": "web",
      "request.auth.claims": new Map([
        ["iss", "https://id"],
        ["sub", "u1"],
        ["azp", "web"],
      ]),
      "request.auth.raw_claims": JSON.stringify(payload),
    });
    expect(http({ metadata: { "envoy.filters.http.jwt_authn": {} } })).not.toHaveProperty(["request.auth.raw_claims"]);
  });
});

describe("direction", () => {
  const peer = { workload: "other" };
  it.each<[string, EntryOverrides, "inbound" | "outbound"]>([
    ["inbound cluster", { upstreamCluster: "inbound|8080||" }, "inbound"],
    ["outbound cluster", { upstreamCluster: "outbound|80||reviews.default.svc.cluster.local" }, "outbound"],
    ["cluster before peer", { upstreamCluster: "outbound|80||a", state: { downstream_peer: peer } }, "outbound"],
    ["downstream peer", { state: { downstream_peer: peer } }, "inbound"],
    ["upstream peer", { state: { upstream_peer: peer } }, "outbound"],
    [
      "peer before address",
      { state: { upstream_peer: peer }, downstreamLocalAddress: { ip: "10.0.0.1", port: 80 } },
      "outbound",
    ],
    ["own address", { downstreamLocalAddress: { ip: "10.0.0.1", port: 80 } }, "inbound"],
    ["another own address", { downstreamLocalAddress: { ip: "fd00::1", port: 80 } }, "inbound"],
    ["foreign address", { downstreamLocalAddress: { ip: "10.0.0.2", port: 80 } }, "outbound"],
    ["nothing", {}, "outbound"],
    ["passthrough", { upstreamCluster: "InboundPassthroughCluster" }, "inbound"],
  ])("of a sidecar by %s", (_, overrides, kind) => {
    const attributes = meshed(overrides);
    expect(attributes["context.reporter.kind"]).toBe(kind);
    expect(attributes["context.reporter.local"]).toBe(kind === "inbound");
  });

  it("comes from the listener where nothing else tells", () => {
    const inbound = anOrigin(sidecarNode, { reporter: "inbound" });
    const { attributes } = normalized(anHttpEntry({ downstreamLocalAddress: { ip: "10.9.9.9", port: 1 } }), inbound);
    expect(attributes["context.reporter.kind"]).toBe("inbound");
  });

  it("takes its own address for nothing on a gateway", () => {
    const gateway = anOrigin({
      ...sidecarNode,
      id: "router~10.0.0.1~gw-1.istio-system~istio-system.svc.cluster.local",
    });
    const entry = anHttpEntry({ downstreamLocalAddress: { ip: "10.0.0.1", port: 80 } });
    expect(normalized(entry, gateway).attributes["context.reporter.kind"]).toBe("outbound");
  });
});

describe("who talks to whom", () => {
  const self = {
    "workload.name": "app",
    "workload.namespace": "default",
    "workload.uid": "istio://default/workloads/app",
    name: "app-1",
    namespace: "default",
    uid: "kubernetes://app-1.default",
    owner: "kubernetes://apis/apps/v1/namespaces/default/deployments/app",
    serviceAccount: "app",
    "canonical.name": "app",
    "canonical.revision": "v1",
    "cluster.id": "Kubernetes",
    version: "v1",
  };
  const prefixed = (side: string, values: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [`${side}.${name}`, value]));

  it("is the reporter on its own side", () => {
    expect(meshed({ upstreamCluster: "inbound|80||", tls: aTls({ local: app }) })).toMatchObject({
      ...prefixed("destination", self),
      "destination.principal": "cluster.local/ns/default/sa/app",
      "context.reporter.uid": "kubernetes://app-1.default",
      "context.proxy_version": "1.28.0",
      "context.reporter.cluster": "app.default",
    });
    expect(meshed({ upstreamCluster: "outbound|80||a.b.svc.cluster.local" })).toMatchObject(prefixed("source", self));
  });

  it("is the peer object on the other side", () => {
    const peer = {
      namespace: "shop",
      cluster: "east",
      service: "cart",
      revision: "v3",
      app: "cart-app",
      version: "v2",
      workload: "cart-v2",
      type: "deployment",
      name: "cart-v2-abc",
      identity: client,
      labels: { tier: "web" },
    };
    const expected = {
      "workload.name": "cart-v2",
      "workload.namespace": "shop",
      "workload.uid": "istio://shop/workloads/cart-v2",
      name: "cart-v2-abc",
      namespace: "shop",
      uid: "kubernetes://cart-v2-abc.shop",
      owner: "kubernetes://apis/apps/v1/namespaces/shop/deployments/cart-v2",
      serviceAccount: "client",
      principal: "cluster.local/ns/shop/sa/client",
      labels: new Map([
        ["tier", "web"],
        ["app", "cart-app"],
        ["version", "v2"],
      ]),
      "canonical.name": "cart",
      "canonical.revision": "v3",
      "cluster.id": "east",
      version: "v2",
    };
    expect(meshed({ upstreamCluster: "inbound|80||", state: { downstream_peer: peer } })).toMatchObject({
      ...prefixed("source", expected),
      "source.user": "cluster.local/ns/shop/sa/client",
    });
    expect(meshed({ upstreamCluster: "outbound|80||a", state: { upstream_peer: peer } })).toMatchObject(
      prefixed("destination", expected),
    );
  });

  const xfcc = `By=${app};Hash=ab;URI=${client}`;
  it.each<[string, EntryOverrides, Record<string, unknown>]>([
    [
      "certificate",
      { tls: aTls({ peer: client }) },
      {
        principal: "cluster.local/ns/shop/sa/client",
        namespace: "shop",
        serviceAccount: "client",
        "workload.namespace": undefined,
      },
    ],
    [
      "peer object before certificate",
      { tls: aTls({ peer: client }), state: { downstream_peer: { namespace: "p" } } },
      { principal: "cluster.local/ns/shop/sa/client", namespace: "p" },
    ],
    ["certificate that is empty", { tls: aTls() }, { principal: undefined }],
    [
      "forwarded certificate",
      { requestHeaders: { "x-forwarded-client-cert": xfcc } },
      { principal: "cluster.local/ns/shop/sa/client", namespace: "shop", serviceAccount: "client" },
    ],
    [
      "certificate before forwarded one",
      { tls: aTls({ peer: "spiffe://td/ns/a/sa/b" }), requestHeaders: { "x-forwarded-client-cert": xfcc } },
      { principal: "td/ns/a/sa/b" },
    ],
    ["header", { requestHeaders: { "x-envoy-downstream-service-cluster": "caller" } }, { "workload.name": "caller" }],
    [
      "peer object before header",
      {
        state: { downstream_peer: { workload: "w" } },
        requestHeaders: { "x-envoy-downstream-service-cluster": "caller" },
      },
      { "workload.name": "w" },
    ],
  ])("is a client by %s", (_, overrides, expected) => {
    const trusting = anOrigin(sidecarNode, { trustForwardedClientCert: true });
    const { attributes } = normalized(anHttpEntry({ upstreamCluster: "inbound|80||", ...overrides }), trusting);
    for (const [name, value] of Object.entries(expected))
      expect([name, attributes[`source.${name}`]]).toEqual([name, value]);
  });

  it("believes no forwarded certificate from a listener that does not trust it", () => {
    const requestHeaders = { "x-forwarded-client-cert": xfcc };
    expect(meshed({ upstreamCluster: "inbound|80||", requestHeaders })).not.toHaveProperty(["source.principal"]);
  });

  it("knows a server by nothing that a client sent", () => {
    const attributes = meshed({
      upstreamCluster: "outbound|80||a",
      tls: aTls({ peer: client }),
      requestHeaders: { "x-envoy-downstream-service-cluster": "caller" },
    });
    expect(attributes).not.toHaveProperty(["destination.principal"]);
    expect(attributes).not.toHaveProperty(["destination.workload.name"]);
  });

  it("fills what is missing from the enrich tables, by principal before address", () => {
    const enrich = {
      addresses: {
        "10.1.0.0/16": { "workload.name": "net", "cluster.id": "c" },
        "10.1.2.3": { "workload.name": "host" },
      },
      principals: { "cluster.local/ns/shop/sa/client": { "workload.name": "account" } },
    };
    const from = (ip: string) => ({ upstreamCluster: "inbound|80||", downstreamDirectRemoteAddress: { ip, port: 1 } });
    expect(meshed(from("10.1.9.9"), { enrich })).toMatchObject({
      "source.workload.name": "net",
      "source.cluster.id": "c",
    });
    expect(meshed(from("10.1.2.3"), { enrich })).toMatchObject({ "source.workload.name": "host" });
    expect(meshed(from("10.2.0.1"), { enrich })).not.toHaveProperty(["source.workload.name"]);
    expect(meshed({ ...from("10.1.9.9"), tls: aTls({ peer: client }) }, { enrich })).toMatchObject({
      "source.workload.name": "account",
      "source.cluster.id": "c",
    });
    const to = { upstreamCluster: "outbound|80||a", upstreamRemoteAddress: { ip: "10.1.9.9", port: 80 } };
    expect(meshed(to, { enrich })).toMatchObject({ "destination.workload.name": "net" });
  });

  it("has attributes of the configuration's own by the enrich tables, and services where the proxy names none", () => {
    const declared = [{ name: "source.team", type: "STRING", meaning: "Team." }] as const;
    const enrich = { addresses: { "10.0.0.0/8": { team: "blue", "service.name": "db" } } };
    const address = { ip: "10.1.1.1", port: 1 };
    const inbound = meshed(
      { upstreamCluster: "inbound|1||", downstreamDirectRemoteAddress: address },
      { declared, enrich },
    );
    expect(inbound["source.team"]).toBe("blue");
    expect(inbound["destination.service.name"]).toBe("app");
    const outbound = meshed(
      { upstreamCluster: "outbound|1||10.1.1.1", upstreamRemoteAddress: address },
      { declared, enrich },
    );
    expect(outbound).not.toHaveProperty(["source.team"]);
    expect(outbound["destination.service.name"]).toBe("db");
  });

  it("is cluster and id of a plain Envoy", () => {
    const inbound = anOrigin(plainNode, { reporter: "inbound" });
    const { attributes } = normalized(anHttpEntry({ tls: aTls({ local: app, peer: client }) }), inbound);
    expect(attributes).toMatchObject({
      "destination.workload.name": "edge",
      "destination.uid": "edge-1",
      "destination.principal": "cluster.local/ns/default/sa/app",
      "source.principal": "cluster.local/ns/shop/sa/client",
      "source.namespace": "shop",
    });
    expect(attributes).not.toHaveProperty(["destination.namespace"]);
  });
});

describe("connections", () => {
  it("takes addresses by direction", () => {
    const addresses = {
      downstreamRemoteAddress: { ip: "203.0.113.1", port: 1 },
      downstreamDirectRemoteAddress: { ip: "10.0.0.9", port: 2 },
      downstreamLocalAddress: { ip: "10.0.0.5", port: 8080 },
      upstreamRemoteAddress: { ip: "127.0.0.1", port: 3 },
    };
    expect(meshed({ ...addresses, upstreamCluster: "inbound|1||" })).toMatchObject({
      "origin.ip": "203.0.113.1",
      "source.ip": "10.0.0.9",
      "destination.ip": "10.0.0.5",
      "destination.port": 8080,
    });
    expect(meshed({ ...addresses, upstreamCluster: "outbound|1||a" })).toMatchObject({
      "source.ip": "10.0.0.9",
      "destination.ip": "127.0.0.1",
      "destination.port": 3,
    });
  });

  it("reads TLS of requests and of connections", () => {
    const tls = { ...aTls({ peer: client }), sni: "shop.example" };
    const expected = {
      "connection.mtls": true,
      "connection.tls.version": "1.3",
      "connection.tls.cipher": "TLS_AES_128_GCM_SHA256",
      "connection.requested_server_name": "shop.example",
    };
    expect(http({ tls })).toMatchObject(expected);
    expect(normalized(aTcpEntry({ tls }), plain).attributes).toMatchObject(expected);
    expect(http({ tls: aTls() })["connection.mtls"]).toBe(false);
    expect(http({ tls: { ...aTls(), cipherSuite: 0xfafa } })["connection.tls.cipher"]).toBe("0xfafa");
  });

  const START = 14;
  const CONNECTED = 1;
  const PERIODIC = 2;
  const END = 3;
  type Row = [type: number, received: number, sent: number, extra?: EntryOverrides];
  const events = (rows: readonly Row[], origin = plain) => {
    const normalize = normalizing(origin);
    return rows.map(([accessLogType, receivedBytes, sentBytes, extra]) => {
      const duration = accessLogType === END || accessLogType === 0 ? 9 : undefined;
      const { attributes, final } = normalize(
        aTcpEntry({ accessLogType, receivedBytes, sentBytes, duration, ...extra }),
      );
      const {
        "connection.event": event,
        "connection.opened": opened,
        "connection.received.bytes": received,
        "connection.sent.bytes": sent,
      } = attributes;
      return [event, opened, received, sent, final];
    });
  };

  it("counts a connection once, with what each entry adds", () => {
    expect(
      events([
        [START, 0, 0],
        [CONNECTED, 0, 0],
        [PERIODIC, 10, 100],
        [PERIODIC, 10, 150],
        [END, 12, 150],
      ]),
    ).toEqual([
      ["open", true, 0, 0, true],
      ["open", false, 0, 0, true],
      ["continue", false, 10, 100, true],
      ["continue", false, 0, 50, true],
      ["close", false, 2, 0, true],
    ]);
  });

  it("opens a connection on its end if that is its first entry", () => {
    expect(events([[END, 5, 6]])).toEqual([["close", true, 5, 6, true]]);
    expect(events([[0, 5, 6]])).toEqual([["close", true, 5, 6, true]]);
    expect(
      events([
        [PERIODIC, 5, 6],
        [END, 8, 6],
      ]),
    ).toEqual([
      ["continue", true, 5, 6, true],
      ["close", false, 3, 0, true],
    ]);
  });

  it("counts a connection once that two loggers report", () => {
    const again: unknown[] = [undefined, false, 0, 0, false];
    expect(
      events([
        [END, 9, 9],
        [0, 9, 9],
      ]),
    ).toEqual([["close", true, 9, 9, true], again]);
    expect(
      events([
        [0, 9, 9],
        [PERIODIC, 5, 5],
        [END, 9, 9],
      ]),
    ).toEqual([["close", true, 9, 9, true], again, again]);
  });

  it("counts bytes that only the second report has", () => {
    expect(
      events([
        [0, 0, 0],
        [END, 9, 9],
      ]),
    ).toEqual([
      ["close", true, 0, 0, true],
      [undefined, false, 9, 9, true],
    ]);
  });

  it("keeps connections and proxies apart", () => {
    expect(
      events([
        [END, 9, 9],
        [END, 9, 9, { streamId: "connection-2" }],
      ]).map(([, opened]) => opened),
    ).toEqual([true, true]);
    expect(
      events([
        [END, 1, 1, { streamId: undefined }],
        [END, 1, 1, { streamId: undefined }],
      ]).map(([, opened]) => opened),
    ).toEqual([true, true]);
  });

  it("has totals, duration and termination", () => {
    const { attributes } = normalized(
      aTcpEntry({ receivedBytes: 7, sentBytes: 8, duration: 99, connectionTerminationDetails: "idle" }),
      plain,
    );
    expect(attributes).toMatchObject({
      "connection.id": "connection-1",
      "connection.received.bytes_total": 7,
      "connection.sent.bytes_total": 8,
      "connection.duration": 99,
      "connection.termination": "idle",
      "context.protocol": "tcp",
      "context.event": "end",
    });
    expect(Object.keys(attributes).filter((name) => /^(request|response|route|trace)\./.test(name))).toEqual([]);
  });
});

describe("counting", () => {
  it.each<[number, number | undefined, string | undefined, boolean]>([
    [6, 1, "end", true],
    [6, undefined, "end", true],
    [0, 1, "end", true],
    [0, undefined, "periodic", false],
    [4, undefined, "start", false],
    [5, undefined, "periodic", false],
    [7, undefined, "upstream", false],
    [8, undefined, "upstream", false],
    [9, 1, "upstream", false],
    [10, undefined, "periodic", false],
    [99, 1, undefined, false],
  ])("takes HTTP entries of type %i with duration %s for %s, final %s", (accessLogType, duration, event, final) => {
    const record = normalized(anHttpEntry({ accessLogType, duration }), plain);
    expect([record.attributes["context.event"], record.final]).toEqual([event, final]);
  });

  it.each([
    [0.25, 4],
    [0, undefined],
    [1, undefined],
    [2, undefined],
    [-0.5, undefined],
    [Number.NaN, undefined],
    [5e-324, undefined],
  ])("weighs a sample rate of %f as %s, whatever is read", (sampleRate, weight) => {
    expect(http({ sampleRate }, { only: [] })["context.weight"]).toBe(weight);
  });
});

describe("projection", () => {
  const touchy = (allowed: readonly string[]): AccessLogEntry =>
    new Proxy(anHttpEntry({ authority: "a.b", path: "/x" }), {
      get(entry, field) {
        if (!allowed.includes(String(field))) throw new Error(`read ${String(field)}`);
        return Reflect.get(entry, field);
      },
    });

  it("reads no field that no attribute needs", () => {
    const always = ["kind", "accessLogType", "duration", "sampleRate"];
    const method = normalized(touchy([...always, "requestMethod"]), plain, { only: ["request.method"] });
    expect(method.attributes).toEqual({ "request.method": "GET" });
    const path = normalized(touchy([...always, "path", "originalPath"]), plain, { only: ["request.url_path"] });
    expect(path.attributes).toEqual({ "request.url_path": "/x" });
  });

  it("carries nothing over from one entry to the next", () => {
    const normalize = normalizing(sidecar);
    normalize(
      anHttpEntry({
        upstreamCluster: "inbound|80||",
        tls: aTls({ peer: client, local: app }),
        authority: "a.b",
        requestHeaders: { "x-envoy-downstream-service-cluster": "c", b3: "0" },
        state: { downstream_peer: { workload: "w" } },
      }),
    );
    expect(normalize(anHttpEntry()).attributes).toEqual(meshed({}));
  });

  it("writes absent values too, so that a record needs no reset between entries of one normalizer", () => {
    const slots = builtInAttributes.map((_, slot) => slot);
    const { forOrigin } = createAccessLogNormalizer({
      projection: createProjection(slots),
      enrich: createEnrichTables({ addresses: {}, principals: {} }),
      routes: createRouteTemplates({ templates: [], learn: true, maxTemplates: 10 }),
      connections: createConnectionTable({ now: () => 0 }),
    });
    const record = new AttributeRecord(builtInAttributes.length);
    const normalize = forOrigin(plain);
    normalize(aTcpEntry({ sampleRate: 0.5 }), record);
    normalize(anHttpEntry({ requestHeaders: { a: "b" } }), record);
    normalize(aTcpEntry({ streamId: "connection-2" }), record);
    const fresh = new AttributeRecord(builtInAttributes.length);
    normalize(aTcpEntry({ streamId: "connection-3" }), fresh);
    fresh.values[slotOf("connection.id")] = "connection-2";
    expect(record).toEqual(fresh);
  });

  it("gives every attribute the type it is declared with", () => {
    const kinds: Record<string, (value: unknown) => boolean> = {
      STRING: (value) => typeof value === "string",
      IP_ADDRESS: (value) => typeof value === "string",
      INT64: (value) => typeof value === "number" || typeof value === "bigint",
      DURATION: (value) => typeof value === "number" || typeof value === "bigint",
      DOUBLE: (value) => typeof value === "number",
      BOOL: (value) => typeof value === "boolean",
      TIMESTAMP: (value) => typeof value === "object" && value !== null && "seconds" in value,
      STRING_MAP: (value) => value instanceof Map,
    };
    const full = anHttpEntry({
      sampleRate: 0.5,
      authority: "a",
      tls: aTls({ peer: client, local: app }),
      state: { downstream_peer: { workload: "w", labels: { a: "b" } } },
    });
    for (const record of [normalized(full, sidecar), normalized(aTcpEntry(), sidecar)]) {
      for (const [name, value] of Object.entries(record.attributes)) {
        const type = builtInAttributes.find((attribute) => attribute.name === name)?.type ?? "none";
        expect(valueTypes).toContain(type);
        expect([name, kinds[type]?.(value)]).toEqual([name, true]);
      }
    }
    expect(slotOf("connection.opened")).toBeGreaterThan(0);
  });
});

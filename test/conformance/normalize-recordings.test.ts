import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { createAccessLogDecoder } from "../../collector/decode/access-log.ts";
import { createConnectionTable } from "../../collector/normalize/connection-table.ts";
import { type Normalized, normalizing } from "../support/normalized.ts";

interface Recording {
  readonly note: string;
  readonly stream: number;
  readonly base64: string;
  readonly entries: number;
  readonly json: { readonly httpLogs?: { readonly logEntry: readonly LoggedEntry[] } } | null;
}

interface LoggedEntry {
  readonly commonProperties?: { readonly accessLogType?: string };
}

const folder = resolve(import.meta.dirname, "../../../shared/conformance/envoy");
const recordingsIn = (file: string): Recording[] =>
  readFileSync(resolve(folder, file), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Recording);
const http = recordingsIn("als-http.jsonl");
const tcp = recordingsIn("als-tcp.jsonl");
const batches = recordingsIn("als-http-batch.jsonl");

/** Recorded messages as records of one stream; `first` brings the identifier where a recording lacks it. */
function records(recordings: readonly Recording[], first: Recording): Normalized[] {
  const decoder = createAccessLogDecoder({ entry() {}, value() {}, identifierMissing() {}, identifierMalformed() {} });
  const stream = decoder.open({ reporter: "outbound", trustForwardedClientCert: false });
  stream.read(Buffer.from(first.base64, "base64"));
  const normalize = normalizing(stream.origin, { connections: createConnectionTable({ now: () => 0 }) });
  return recordings.flatMap(({ base64 }) => {
    const batch = stream.read(Buffer.from(base64, "base64"));
    const found: Normalized[] = [];
    for (let entry = batch.next(); entry !== undefined; entry = batch.next()) found.push(normalize(entry));
    return found;
  });
}

function byNote(recordings: readonly Recording[], note: string): Recording[] {
  const found = recordings.filter((recording) => recording.note === note);
  expect(found, note).not.toEqual([]);
  return found;
}

const lab = http[0] as Recording;
const sidecarFirst = tcp.find(({ note }) => note === "sidecar inbound TCP over mTLS") as Recording;
const plain = (note: string) => records(byNote(http, note), lab)[0]?.attributes ?? {};
const sidecar = (note: string) => records(byNote(http, note), sidecarFirst)[0]?.attributes ?? {};

const appSide = (side: string) => ({
  [`${side}.workload.name`]: "app",
  [`${side}.workload.namespace`]: "default",
  [`${side}.workload.uid`]: "istio://default/workloads/app",
  [`${side}.name`]: "app-1",
  [`${side}.namespace`]: "default",
  [`${side}.uid`]: "kubernetes://app-1.default",
  [`${side}.serviceAccount`]: "app",
  [`${side}.canonical.name`]: "app",
  [`${side}.canonical.revision`]: "v1",
  [`${side}.cluster.id`]: "Kubernetes",
  [`${side}.version`]: "v1",
});

describe("a sidecar's recorded entries", () => {
  it("are inbound behind its own cluster, with the client known by its certificate", () => {
    const attributes = sidecar("sidecar inbound: 500");
    expect(attributes).toMatchObject({
      ...appSide("destination"),
      "context.reporter.kind": "inbound",
      "context.reporter.uid": "kubernetes://app-1.default",
      "context.proxy_version": "1.28.0",
      "context.protocol": "http",
      "source.principal": "cluster.local/ns/default/sa/client",
      "source.namespace": "default",
      "source.serviceAccount": "client",
      "destination.principal": "cluster.local/ns/default/sa/app",
      "destination.ip": "127.0.0.1",
      "destination.port": 20130,
      "destination.service.host": "localhost.default.svc.cluster.local",
      "destination.service.name": "localhost",
      "destination.service.namespace": "default",
      "connection.mtls": true,
      "connection.tls.version": "1.3",
      "connection.tls.cipher": "TLS_AES_256_GCM_SHA384",
      "connection.requested_server_name": "localhost",
      "request.id": "9c8fd632-a0b3-960b-b40f-2f817da22ae8",
      "request.path": "/status/500",
      "request.total_size": 474,
      "route.template": "/status/{id}",
      "response.code": 500,
      "response.size": 11,
      "response.total_size": 244,
      "response.duration": 2_066_157,
      "response.time": { seconds: 1_795_346_022, nanos: 369_687_157 },
      "upstream.cluster": "inbound|8080||",
      "upstream.duration": 345_111,
      "upstream.first_byte.duration": 233_676,
    });
    expect(attributes).not.toHaveProperty(["source.workload.name"]);
    expect(attributes).not.toHaveProperty(["context.proxy_error_code"]);
  });

  it("are outbound to the service of the cluster", () => {
    const attributes = sidecar("sidecar outbound: gRPC error");
    expect(attributes).toMatchObject({
      ...appSide("source"),
      "context.reporter.kind": "outbound",
      "context.protocol": "http",
      "request.host": "reviews",
      "request.size": 10,
      "route.template": "/pkg.Service/TrailersOnly",
      "destination.service.host": "reviews.default.svc.cluster.local",
      "destination.service.name": "reviews",
      "destination.service.namespace": "default",
      "destination.service.uid": "istio://default/services/reviews",
      "destination.port": 20003,
      "connection.mtls": false,
      "response.code": 200,
    });
    for (const name of [
      "destination.service.subset",
      "source.principal",
      "destination.workload.name",
      "response.grpc_status",
    ])
      expect(attributes).not.toHaveProperty([name]);
  });

  it("of TCP count their connection", () => {
    const [record] = records([sidecarFirst], sidecarFirst);
    expect(record?.final).toBe(true);
    expect(record?.attributes).toMatchObject({
      ...appSide("destination"),
      "context.protocol": "tcp",
      "context.event": "end",
      "context.log_name": "tcp_envoy_accesslog",
      "connection.event": "close",
      "connection.opened": true,
      "connection.received.bytes": 10,
      "connection.sent.bytes": 10,
      "connection.duration": 48_786_780,
      "connection.mtls": true,
      "source.principal": "cluster.local/ns/default/sa/client",
      "destination.service.name": "app",
      "destination.service.namespace": "default",
    });
    expect(record?.attributes).not.toHaveProperty(["destination.service.host"]);
  });
});

describe("a plain Envoy's recorded entries", () => {
  it.each<[string, Record<string, unknown>]>([
    [
      "first message of a stream (identifier): GET 200 without optional headers, HTTP/1.1",
      {
        "context.reporter.kind": "outbound",
        "context.reporter.uid": "lab-als-1",
        "context.reporter.cluster": "lab",
        "context.proxy_version": "1.40.0",
        "context.log_name": "http_lab",
        "source.workload.name": "lab",
        "destination.service.host": "127.0.0.1",
        "destination.service.name": "http_up",
        "destination.service.namespace": undefined,
        "request.size": 0,
        "request.method": "GET",
        "response.headers": new Map([
          ["content-type", "text/plain; charset=utf-8"],
          ["server", "envoy"],
          ["x-envoy-upstream-service-time", "0"],
          ["x-upstream", "lab"],
        ]),
      },
    ],
    ["204 from upstream", { "response.code": 204, "response.size": 0, "route.template": "/status/{id}" }],
    [
      "404 no route in vhost",
      {
        "context.proxy_error_code": "NR",
        "upstream.cluster": undefined,
        "destination.service.name": undefined,
        "request.host": "only.example",
      },
    ],
    [
      "circuit breaker overflow",
      {
        "context.proxy_error_code": "UO",
        "upstream.attempts": 1,
        "upstream.address": undefined,
        "upstream.duration": undefined,
      },
    ],
    [
      "malformed: bad header",
      {
        "context.proxy_error_code": "DPE",
        "request.path": undefined,
        "request.method": undefined,
        "request.size": 0,
        "route.template": undefined,
        "response.code": 400,
        "request.id": undefined,
      },
    ],
    [
      "client resets TCP before the answer (h1)",
      {
        "context.proxy_error_code": "DC",
        "response.code": undefined,
        "response.code_details": "downstream_remote_disconnect",
      },
    ],
    [
      "prefix rewrite (original path)",
      {
        "request.path": "/rewrite/abc?d=e",
        "request.url_path": "/rewrite/abc",
        "request.query_params": new Map([["d", "e"]]),
      },
    ],
    [
      "gRPC error PERMISSION_DENIED in trailers",
      {
        "context.protocol": "grpc",
        "response.grpc_status": "7",
        "response.grpc_message": 'no permission: "quoted" text here',
        "route.template": "/pkg.Service/Fail",
      },
    ],
    [
      "gRPC call, no healthy upstream",
      { "context.protocol": "grpc", "response.grpc_status": "14", "context.proxy_error_code": "UH" },
    ],
    [
      "CONNECT tunnel to TCP upstream",
      {
        "request.method": "CONNECT",
        "request.path": undefined,
        "request.size": 9,
        "response.size": 9,
        "upstream.first_byte.duration": -71_727,
      },
    ],
    [
      "mTLS, SPIFFE URI client, h2",
      {
        "connection.mtls": true,
        "request.http_version": "2",
        "source.principal": "cluster.local/ns/default/sa/app",
        "connection.tls.cipher": "TLS_AES_256_GCM_SHA384",
      },
    ],
    ["mTLS, subject-only client", { "connection.mtls": true, "destination.principal": undefined }],
    [
      "TLS 1.2",
      { "connection.tls.version": "1.2", "connection.tls.cipher": "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" },
    ],
  ])("say of %s what happened", (note, expected) => {
    const attributes = plain(note);
    for (const [name, value] of Object.entries(expected)) expect([name, attributes[name]]).toEqual([name, value]);
  });

  it("count each request once, whatever else is told of it", () => {
    const told = http.filter(({ json }) => json?.httpLogs !== undefined);
    const logged = told.flatMap(({ json }) => json?.httpLogs?.logEntry ?? []);
    const ends = logged.filter(({ commonProperties }) => commonProperties?.accessLogType === "DownstreamEnd");
    const found = records(told, lab);
    expect(found).toHaveLength(logged.length);
    expect(found.filter(({ final }) => final)).toHaveLength(ends.length);
    expect(ends.length).toBeLessThan(logged.length);
  });

  it("under load all count", () => {
    const entries = batches.reduce((sum, recording) => sum + recording.entries, 0);
    expect(records(batches, lab).filter(({ final }) => final)).toHaveLength(entries);
  });

  it("of one connection add up, entry by entry", () => {
    const [first] = tcp as [Recording];
    const seen = records(byNote(tcp, "TCP with start, connected and periodic entries (3 s connection)"), first);
    expect(
      seen.map(({ attributes }) => [
        attributes["connection.event"],
        attributes["connection.opened"],
        attributes["connection.received.bytes"],
      ]),
    ).toEqual([
      ["open", true, 0],
      ["open", false, 0],
      ["continue", false, 8],
    ]);
  });

  it.each<[string, Record<string, unknown>]>([
    [
      "TCP upstream refused, two connect attempts",
      {
        "context.proxy_error_code": "UF,URX",
        "upstream.failure": "delayed connect error: Connection refused",
        "upstream.attempts": 2,
        "connection.event": "close",
        "connection.received.bytes": 0,
      },
    ],
    [
      "TCP TLS: no client certificate",
      { "connection.mtls": false, "connection.event": "close", "source.principal": "cluster.local/ns/default/sa/app" },
    ],
    [
      "TCP TLS: SNI that matches no filter chain",
      {
        "connection.id": undefined,
        "connection.opened": true,
        "connection.event": "close",
        "context.proxy_error_code": "NR",
        "connection.requested_server_name": "nowhere.example",
      },
    ],
  ])("say of %s what happened to the connection", (note, expected) => {
    const attributes = records(byNote(tcp, note), tcp[0] as Recording)[0]?.attributes ?? {};
    for (const [name, value] of Object.entries(expected)) expect([name, attributes[name]]).toEqual([name, value]);
  });
});

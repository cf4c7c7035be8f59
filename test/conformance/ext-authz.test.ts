import { fromBinary, toJson } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkFromJson } from "../../collector/decode/ext-authz/from-json.ts";
import { createCheckDecoder } from "../../collector/decode/ext-authz.ts";
import { readHttpService } from "../../collector/decode/http-check.ts";
import { CheckRequestSchema, CheckResponseSchema } from "../../schemas/gen/envoy/service/auth/v3/external_auth_pb.js";
import type { Json } from "../../schemas/model/access-log.ts";
import { connectGrpc, type TestConnection } from "../support/grpc-client.ts";
import { normalizedCheck } from "../support/normalized-check.ts";
import { type Recording, recordingsIn } from "../support/otlp-recordings.ts";
import { openRunningHub, type RunningHub } from "../support/running-hub.ts";

const listener = { reporter: "inbound", trustedHops: 0 } as const;
const recordings = recordingsIn("ext-authz.jsonl").filter(({ bytes }) => bytes.length > 0);
const overHttp = recordingsIn("ext-authz-http.jsonl");

/** The official decoding, as far as the tests read it. */
interface Attributes {
  readonly source: Peer;
  readonly destination: Peer;
  readonly request?: { readonly time: string; readonly http: Http };
  readonly tlsSession?: { readonly sni: string };
  readonly contextExtensions?: Record<string, string>;
}
interface Peer {
  readonly address: { readonly socketAddress: { readonly address: string; readonly portValue: number } };
  readonly principal?: string;
  readonly labels?: Record<string, string>;
}
interface Http extends Readonly<Record<string, unknown>> {
  readonly headers?: Record<string, string>;
  readonly size?: string;
  readonly path: string;
  readonly protocol: string;
}

const attributesOf = ({ json }: Recording) => (json as { attributes: Attributes }).attributes;

/** Attributes by VOCABULARY's table, from the official decoding. */
function expected({ source, destination, request, tlsSession, contextExtensions }: Attributes) {
  const http = request?.http;
  const headers = http?.headers;
  const principal = source.principal?.replace("spiffe://", "");
  const [, namespace, account] = /\/ns\/([^/]+)\/sa\/([^/]+)$/.exec(principal ?? "") ?? [];
  const versions: Record<string, string> = { "HTTP/1.1": "1.1", "HTTP/2": "2", "HTTP/1.0": "1.0" };
  const isGrpc = headers?.["content-type"] === "application/grpc";
  return {
    "context.signal": "check",
    "context.protocol": http === undefined ? "tcp" : isGrpc ? "grpc" : "http",
    "context.reporter.kind": "inbound",
    "context.extensions": contextExtensions && new Map(Object.entries(contextExtensions)),
    "request.id": headers?.["x-request-id"] ?? http?.id,
    "request.method": http?.method,
    "request.host": http?.host,
    "request.path": http?.path,
    "request.url_path": http?.path.split("?")[0],
    "request.scheme": http?.scheme,
    "request.useragent": headers?.["user-agent"],
    "request.size": http?.size === undefined ? undefined : Number(http.size),
    "request.http_version": http && versions[http.protocol],
    "request.forwarded_for": headers?.["x-forwarded-for"],
    "source.ip": source.address.socketAddress.address,
    "origin.ip": source.address.socketAddress.address,
    "source.principal": principal,
    "source.namespace": namespace,
    "source.serviceAccount": account,
    "destination.ip": destination.address.socketAddress.address,
    "destination.port": destination.address.socketAddress.portValue,
    "destination.principal": destination.principal?.replace("spiffe://", ""),
    "destination.labels": destination.labels && new Map(Object.entries(destination.labels)),
    "connection.mtls": principal !== undefined,
    "connection.requested_server_name": tlsSession?.sni,
  };
}

const decoder = createCheckDecoder();

describe.each(recordings.map((recording) => [recording.note, recording] as const))("%s", (_note, recording) => {
  const attributes = attributesOf(recording);
  const check = decoder.decode(recording.bytes, listener);

  it("comes out as the vocabulary says", () => {
    const found = normalizedCheck(check);
    const wanted = expected(attributes);
    const names = Object.keys(wanted);
    expect(Object.fromEntries(names.map((name) => [name, found[name]]))).toEqual(wanted);
    const headers = attributes.request?.http.headers;
    if (headers !== undefined) expect(found["request.headers"]).toEqual(new Map(Object.entries(headers)));
  });

  it("is the same as JSON in the form of opa-envoy, and to generated code", () => {
    expect(check.raw()).toEqual({ attributes: toOpaForm(attributes) });
    const generated = toJson(CheckRequestSchema, fromBinary(CheckRequestSchema, recording.bytes));
    expect(generated).toMatchObject({ attributes });
    expect(checkFromJson(recording.json as Json, listener).raw()).toEqual(check.raw());
  });
});

/** Times in parts and 64-bit integers as numbers. */
function toOpaForm(attributes: Attributes): unknown {
  if (attributes.request === undefined) return attributes;
  const { time, http } = attributes.request;
  const [, fraction = ""] = /\.(\d+)Z$/.exec(time) ?? [];
  const parts = { seconds: Math.floor(Date.parse(time) / 1000), nanos: Number(fraction.padEnd(9, "0")) };
  const size = http.size === undefined ? {} : { size: Number(http.size) };
  return { ...attributes, request: { time: parts, http: { ...http, ...size } } };
}

it("reads header_map with bytes that are no UTF-8", () => {
  const { bytes } = recordings.find(({ note }) => note.startsWith("authz raw headers")) as Recording;
  expect(normalizedCheck(decoder.decode(bytes, listener))["request.headers"]).toEqual(
    new Map([
      ["x-bytes-a", "caf\ufffd"],
      ["x-envoy-auth-partial-body", "false"],
    ]),
  );
});

describe("a hub", () => {
  let hub: RunningHub;
  let connection: TestConnection;

  beforeAll(async () => {
    const rules = [
      { name: "closed", match: 'request.url_path.startsWith("/deny")', deny: { body: "denied by lab", status: 403 } },
      { name: "the rest", allow: true, headers: { upstream: { set: { "x-lab-user": "alice" } } } },
    ];
    const listeners = { grpc: { address: "127.0.0.1:0", default: "deny" }, http: { address: "127.0.0.1:0" } };
    hub = await openRunningHub(listeners, { rules });
    connection = await connectGrpc(hub.listeners.grpc as string);
  });

  afterAll(async () => {
    connection.session.destroy();
    await hub.close();
  });

  it.each(recordings.map((recording) => [recording.note, recording] as const))(
    "answers %s",
    async (_note, recording) => {
      const call = connection.call("/envoy.service.auth.v3.Authorization/Check", {
        "grpc-timeout": recording.metadata["grpc-timeout"],
      });
      call.send(recording.bytes);
      call.end();
      const { status, messages } = await call.outcome;
      expect(status).toBe(0);
      const answer = fromBinary(CheckResponseSchema, messages[0] as Buffer);
      const path = attributesOf(recording).request?.http.path ?? "no request";
      // Without a request the first rule cannot be evaluated.
      const allowed = path.startsWith("/") && !path.startsWith("/deny");
      expect([answer.status?.code === 0, answer.httpResponse.case]).toEqual([
        allowed,
        allowed ? "okResponse" : "deniedResponse",
      ]);
      expect(answer.dynamicMetadata).toMatchObject({ allowed, rule: allowed ? "the rest" : "closed" });
    },
  );

  it.each(overHttp.map((recording) => [recording.note, recording] as const))("answers %s", async (_note, recording) => {
    const { ":method": method, ":path": path, ":authority": host, ...headers } = recording.metadata;
    const { "content-length": _length, ...sent } = headers;
    const response = await fetch(`http://${hub.listeners.http}${path}`, {
      ...{ method: method as string, headers: { ...sent, host: host as string } },
      ...(recording.bytes.length > 0 && { body: new Uint8Array(recording.bytes) }),
    });
    const denied = path?.startsWith("/check/deny") ?? false;
    expect([response.status, response.headers.get("x-lab-user")]).toEqual(denied ? [403, null] : [200, "alice"]);
    expect(await response.text()).toBe(denied ? "denied by lab" : "");
  });
});

it.each(overHttp.map((recording) => [recording.note, recording] as const))("reads %s", (_note, recording) => {
  const { ":method": method, ":path": path = "", ":authority": host, ...headers } = recording.metadata;
  const rawHeaders = Object.entries({ host, ...headers }).flatMap(([name, value]) => [name, value ?? ""]);
  const question = { method: method as string, path: path.slice("/check".length), rawHeaders, body: recording.bytes };
  const found = normalizedCheck(readHttpService({ ...question, nowMs: 1_500, listener }));
  expect(found).toMatchObject({
    "context.signal": "check",
    "context.protocol": "http",
    "request.method": method,
    "request.host": host,
    "request.path": path.slice("/check".length),
    "request.time": { seconds: 1, nanos: 500_000_000 },
    "request.headers": new Map(Object.entries({ host, ...headers })),
  });
  expect(found["request.size"]).toBe(recording.bytes.length || undefined);
  expect(found).not.toHaveProperty(["source.ip"]);
  expect(found).not.toHaveProperty(["connection.mtls"]);
});

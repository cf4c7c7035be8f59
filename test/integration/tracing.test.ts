import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { z } from "zod";
import { defineChecker } from "../../adapters/checker.ts";
import { plainAttributes } from "../../adapters/shared/otlp/plain.fixture.ts";
import { CheckRequestSchema } from "../../schemas/gen/envoy/service/auth/v3/external_auth_pb.js";
import { RateLimitRequestSchema } from "../../schemas/gen/envoy/service/ratelimit/v3/rls_pb.js";
import {
  Span_SpanKind as SpanKind,
  TracesDataSchema,
} from "../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import { connectGrpc, type TestConnection } from "../support/grpc-client.ts";
import { type OtlpBackend, startOtlpBackend } from "../support/otlp-backend.ts";
import { aRequest, aSpan } from "../support/otlp-span.ts";
import { openRunningHub, type RunningHub } from "../support/running-hub.ts";

const trace = "0af7651916cd43dd8448eb211c80319c";
const traceparent = (span: string, flags = "01") => `00-${trace}-${span}-${flags}`;
const [outer, inner] = ["b7ad6b7169203331", "00f067aa0ba902b7"];

const remote = defineChecker({
  type: "remote",
  summary: "Answers later, or at once.",
  config: z.strictObject({}),
  instance: "none",
  reads: () => ["request.path"],
  open: async () => ({
    check: (question) =>
      question.get("request.path") === "/quick"
        ? { verdict: "pass" as const }
        : Promise.resolve({ verdict: "pass" as const }),
    close: async () => {},
  }),
});

const folder = mkdtempSync(join(tmpdir(), "mixdown-tracing-"));
let backend: OtlpBackend;
let hub: RunningHub;
let connection: TestConnection;
beforeAll(async () => {
  backend = await startOtlpBackend();
  const lane = { batch: { maxAge: "20ms" } };
  hub = await openRunningHub(
    { http: { address: "127.0.0.1:0" }, grpc: { address: "127.0.0.1:0" } },
    {
      tracing: { handler: "own", sample: 1 },
      handlers: {
        own: { adapter: "otlp", params: { endpoint: `http://${backend.address}` }, ...lane },
        remote: { adapter: "remote" },
        audit: { adapter: "file", params: { path: join(folder, "log") }, ...lane },
      },
      rules: [
        { name: "ask", match: 'context.signal != "limit"', check: { handler: "remote" } },
        { name: "admin", match: '(request.path | "") == "/admin"', deny: { message: "no" } },
        { name: "log", match: 'context.signal == "report"', actions: [{ handler: "audit", instances: ["accesslog"] }] },
      ],
    },
    [remote],
  );
  connection = await connectGrpc(hub.listeners.grpc as string);
});
afterAll(async () => {
  await connection.close();
  await hub.close();
  rmSync(folder, { recursive: true });
});

const received = () =>
  backend.received.flatMap(({ body }) =>
    fromBinary(TracesDataSchema, body).resourceSpans.flatMap(({ resource, scopeSpans }) =>
      scopeSpans.flatMap(({ spans }) =>
        spans.map(({ name, kind, traceId, spanId, parentSpanId, attributes, startTimeUnixNano, endTimeUnixNano }) => ({
          ...{ name, kind: SpanKind[kind], service: plainAttributes(resource?.attributes ?? [])["service.name"] },
          ...{ trace: hex(traceId), id: hex(spanId), parent: hex(parentSpanId) },
          ...{ took: endTimeUnixNano - startTimeUnixNano, attributes: plainAttributes(attributes) },
        })),
      ),
    ),
  );
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** The spans of one name, once there are so many. */
async function spansOf(name: string, count = 1) {
  await expect.poll(() => received().filter((span) => span.name === name).length, { timeout: 10_000 }).toBe(count);
  return received().filter((span) => span.name === name);
}

const post = (path: string, body: object, headers = {}) =>
  fetch(`http://${hub.listeners.http}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

it("tells of checks, below the span that asked, and of what was asked for them", async () => {
  const attributes = { "request.path": "/admin", "request.headers": { traceparent: traceparent(inner) } };
  await post("/v1/check", { attributes });
  await post("/v1/check", { attributes: { "request.path": "/quick" } }, { traceparent: traceparent(outer) });
  const [refused, quick] = await spansOf("check json", 2);
  expect(refused).toMatchObject({
    ...{ kind: "SERVER", service: "mixdown", trace, parent: inner },
    attributes: {
      ...{ "check.rule": "admin", "check.allowed": false, "check.cache": "miss", "check.error_code": 7n },
      "check.revision": expect.stringMatching(/./),
      "check.id": expect.stringMatching(/^[0-9a-f-]{36}$/),
    },
  });
  expect(quick).toMatchObject({ trace, parent: outer, attributes: { "check.rule": "", "check.allowed": true } });
  const [asked] = await spansOf("ask remote");
  expect(asked).toMatchObject({
    ...{ kind: "CLIENT", trace, parent: refused?.id },
    attributes: { "mixdown.handler": "remote", "mixdown.outcome": "pass" },
  });
  expect(Number(asked?.took)).toBeLessThanOrEqual(Number(refused?.took));
});

it("takes the trace of a gRPC call from its metadata, and leaves out traces that are not sampled", async () => {
  const http = { path: "/", method: "GET", headers: { traceparent: traceparent(inner) } };
  const check = create(CheckRequestSchema, { attributes: { request: { http } } });
  const ask = (headers: Record<string, string>) =>
    connection.unary("/envoy.service.auth.v3.Authorization/Check", toBinary(CheckRequestSchema, check), headers);
  await ask({ traceparent: traceparent(outer, "00") });
  await ask({ traceparent: traceparent(outer) });
  await ask({});
  const spans = await spansOf("check ext_authz", 2);
  expect(spans.map(({ parent }) => parent)).toEqual([outer, inner]);
});

it("tells of rate limit requests", async () => {
  const request = create(RateLimitRequestSchema, {
    domain: "shop",
    descriptors: [{ entries: [{ key: "a", value: "b" }] }, { entries: [{ key: "c", value: "d" }] }],
  });
  const method = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";
  await connection.unary(method, toBinary(RateLimitRequestSchema, request), { traceparent: traceparent(outer) });
  const [limit] = await spansOf("check limit");
  expect(limit).toMatchObject({
    ...{ trace, parent: outer },
    attributes: { "ratelimit.domain": "shop", "mixdown.descriptors": 2n, "check.allowed": true },
  });
});

it("tells of batches, of deliveries but its own, and of queries of statistics", async () => {
  await post("/v1/report", { attributes: [{ "request.path": "/a" }, 7] });
  const [batch] = await spansOf("receive report");
  expect(batch).toMatchObject({
    ...{ kind: "SERVER", parent: "" },
    attributes: {
      "mixdown.source": "report",
      "mixdown.records": 1n,
      "mixdown.malformed": 1n,
    },
  });
  const [delivery] = await spansOf("deliver audit");
  expect(delivery).toMatchObject({
    ...{ kind: "CLIENT", parent: "" },
    attributes: { "mixdown.handler": "audit", "mixdown.outcome": "delivered" },
  });
  await fetch(`http://${hub.listeners.admin}/api/v1/stats/services`);
  const [query] = await spansOf("query /api/v1/stats/services");
  expect(query?.attributes).toEqual({ "http.route": "/api/v1/stats/services" });
  expect(received().map(({ name }) => name)).not.toContain("deliver own");
});

it("does not tell of its own spans when they come back", async () => {
  const send = (service: string) =>
    fetch(`http://${hub.listeners.http}/v1/traces`, {
      method: "POST",
      headers: { "content-type": "application/x-protobuf" },
      body: new Uint8Array(aRequest([aSpan(1)], { "service.name": service })),
    });
  expect((await send("mixdown")).status).toBe(200);
  expect((await send("cart")).status).toBe(200);
  const [only] = await spansOf("receive otlp");
  expect(only?.attributes).toMatchObject({ "mixdown.records": 1n });
  await vi.waitFor(async () => expect(await hub.total("mixdown_records_total", { source: "otlp" })).toBe(2));
});

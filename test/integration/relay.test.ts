import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { fromBinary } from "@bufbuild/protobuf";
import { afterEach, describe, expect, test } from "vitest";
import type { AnyValue } from "../../schemas/gen/opentelemetry/proto/common/v1/common_pb.js";
import { type Span, TracesDataSchema } from "../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import { connectGrpc } from "../support/grpc-client.ts";
import { startServer } from "../support/http-server.ts";
import { type OtlpBackend, startOtlpBackend } from "../support/otlp-backend.ts";
import { recordingsIn } from "../support/otlp-recordings.ts";
import { aRequest, aSpan } from "../support/otlp-span.ts";
import { openRunningHub, type RunningHub } from "../support/running-hub.ts";

const method = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const grpc = { address: "127.0.0.1:0" };
let hub: RunningHub | undefined;

afterEach(async () => {
  await hub?.close();
  hub = undefined;
});

async function open(config: Readonly<Record<string, unknown>>): Promise<RunningHub> {
  hub = await openRunningHub({ grpc, http: { address: "127.0.0.1:0" } }, config);
  return hub;
}

const relayAll = (handler: object, match?: string, instances: object = {}) => ({
  handlers: { traces: handler },
  instances,
  rules: [
    {
      name: "relay",
      ...(match && { match }),
      actions: [{ handler: "traces", instances: [Object.keys(instances)[0] ?? "spans"] }],
    },
  ],
});

async function send(bytes: Uint8Array): Promise<number | undefined> {
  const connection = await connectGrpc(hub!.listeners.grpc as string);
  const { status } = await connection.unary(method, bytes);
  await connection.close();
  return status;
}

const spansOf = (body: Uint8Array) =>
  fromBinary(TracesDataSchema, body).resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans),
  );
const received = (backend: OtlpBackend) => backend.received.flatMap(({ body }) => spansOf(body));

async function until<T>(look: () => T | undefined | false): Promise<T> {
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const plain = (value: AnyValue | undefined) => value?.value.value;
const named = (all: readonly { key: string; value?: AnyValue }[]) =>
  Object.fromEntries(all.map(({ key, value }) => [key, plain(value)]));

describe("spans are passed on as they came", () => {
  test("over gRPC, what Envoy sent byte for byte", async () => {
    const backend = await startOtlpBackend();
    await open(
      relayAll({ adapter: "otlp", params: { endpoint: `http://${backend.address}` }, batch: { maxItems: 1 } }),
    );
    const recordings = recordingsIn("otlp-traces-grpc.jsonl");
    for (const { bytes } of recordings) expect(await send(bytes)).toBe(0);
    await until(() => backend.received.length === recordings.length);
    const bodies = backend.received.map(({ body }) => body.toString("base64")).sort();
    expect(bodies).toEqual(recordings.map(({ bytes }) => bytes.toString("base64")).sort());
  });

  test("over HTTP with gzip, from JSON and from Zipkin, too", async () => {
    const backend = await startServer((_, response) => response.end());
    const params = { endpoint: backend.url, protocol: "http", compression: "gzip" };
    const { listeners } = await open(relayAll({ adapter: "otlp", params }));
    const post = (path: string, body: string) =>
      fetch(`http://${listeners.http}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
    const ids = { traceId: "463ac35c9f6413ad48485a3953bb6124", spanId: "a2fb4a1d1a96d312" };
    await post(
      "/v1/traces",
      JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ ...ids, name: "json" }] }] }] }),
    );
    await post("/api/v2/spans", JSON.stringify([{ traceId: ids.traceId, id: ids.spanId, name: "zipkin" }]));
    await until(() => backend.received.length > 0);
    const names = () => backend.received.flatMap(({ body }) => spansOf(gunzipSync(body)).map(({ name }) => name));
    await until(() => names().length === 2);
    expect([names().sort(), backend.received[0]!.path]).toEqual([["json", "zipkin"], "/v1/traces"]);
  });

  test("those that a rule selects", async () => {
    const backend = await startOtlpBackend();
    const handler = { adapter: "otlp", params: { endpoint: `http://${backend.address}` } };
    await open(relayAll(handler, `context.signal == "span" && (response.code | 0) >= 500`));
    await send(aRequest([aSpan(1, { "http.status_code": "200" }), aSpan(2, { "http.status_code": "503" }), aSpan(3)]));
    await until(() => backend.received.length > 0);
    expect(received(backend).map(({ name }) => name)).toEqual(["span 2"]);
    expect(await hub!.total("mixdown_handler_delivered_total", { handler: "traces" })).toBe(1);
  });

  test("from a log on disk, after the backend was away", async () => {
    const away = await startOtlpBackend();
    away.stop();
    const handler = {
      adapter: "otlp",
      params: { endpoint: `http://${away.address}` },
      durable: true,
      retry: { initial: "10ms" },
    };
    await open(relayAll(handler));
    const [first] = recordingsIn("otlp-traces-grpc.jsonl");
    expect(await send(first!.bytes)).toBe(0);
    const back = await startOtlpBackend(undefined, away.address);
    await until(() => back.received.length > 0);
    expect(back.received[0]!.body.equals(first!.bytes)).toBe(true);
  });
});

test("edits change what they name and nothing else", async () => {
  const backend = await startOtlpBackend();
  const params = {
    set: {
      "deployment.environment.name": `"prod"`,
      "mixdown.code": "response.code",
      absent: "request.referer",
      taken: "7",
    },
    rename: { old: "new", gone: "old" },
    redact: ["enduser.id"],
    delete: ["secret"],
  };
  const handler = { adapter: "otlp", params: { endpoint: `http://${backend.address}` } };
  await open(relayAll(handler, undefined, { edited: { template: "spans", params } }));
  const attributes = {
    "http.status_code": 404,
    secret: "s",
    old: 1.5,
    gone: true,
    new: "x",
    "enduser.id": "me",
    taken: "t",
    kept: "k",
  };
  await send(
    aRequest([aSpan(1, attributes, { traceState: "a=b", flags: 257, droppedLinksCount: 3 })], {
      "service.name": "shop",
    }),
  );
  await until(() => backend.received.length > 0);
  const [span] = received(backend);
  expect(named(span!.attributes)).toEqual({
    "http.status_code": 404n,
    new: 1.5,
    old: true,
    "enduser.id": "***",
    kept: "k",
    "deployment.environment.name": "prod",
    "mixdown.code": 404n,
    taken: 7n,
  });
  expect(span).toMatchObject({ name: "span 1", traceState: "a=b", flags: 257, droppedLinksCount: 3 });
});

describe("sampling", () => {
  /** Ids whose random bits fall evenly. */
  const traceId = (n: number) => createHash("sha256").update(String(n)).digest().subarray(0, 16);
  const bits = (id: Uint8Array) => Buffer.from(id).toString("hex").slice(-14);
  const traces = Array.from({ length: 400 }, (_, n) => n);

  async function relayed(sample: unknown, spans: readonly Span[]): Promise<Span[]> {
    const backend = await startOtlpBackend();
    const handler = { adapter: "otlp", params: { endpoint: `http://${backend.address}` } };
    await open(relayAll(handler, undefined, { some: { template: "spans", params: { sample } } }));
    await send(aRequest(spans));
    await until(() => backend.received.length > 0);
    return received(backend);
  }

  test("at a rate keeps whole traces, by their random bits, and says so in the tracestate", async () => {
    const spans = traces.flatMap((n) => [
      aSpan(1, {}, { traceId: traceId(n), traceState: "a=b" }),
      aSpan(2, {}, { traceId: traceId(n) }),
    ]);
    const kept = await relayed({ rate: 0.25 }, spans);
    const passing = traces.filter((n) => bits(traceId(n)) >= "c0000000000000");
    expect(passing.length).toBeGreaterThan(70);
    expect(kept.map(({ traceId: id }) => bits(id))).toEqual(
      passing.flatMap((n) => [bits(traceId(n)), bits(traceId(n))]),
    );
    expect(new Set(kept.map(({ traceState }) => traceState))).toEqual(new Set(["ot=th:c,a=b", "ot=th:c"]));
  });

  test("by an expression, and leaves alone what was sampled harder before", async () => {
    const failed = { "http.status_code": "503" };
    const of = (traceState: string) => ({ traceId: Buffer.from(`${"00".repeat(15)}01`, "hex"), traceState });
    const spans = [aSpan(1, failed, of("")), aSpan(2, {}, of("")), aSpan(3, {}, of("ot=th:f;rv:ffffffffffffff"))];
    const kept = await relayed("(response.code | 0) >= 500 ? 1.0 : 0.5", spans);
    expect(kept.map(({ name, traceState }) => [name, traceState])).toEqual([
      ["span 1", ""],
      ["span 3", "ot=th:f;rv:ffffffffffffff"],
    ]);
  });
});

describe("several endpoints", () => {
  test("share traces, and take one another's while one is down", async () => {
    const [a, b] = [await startOtlpBackend(), await startOtlpBackend()];
    const params = { endpoints: [`http://${a.address}`, `http://${b.address}`] };
    await open(relayAll({ adapter: "otlp", params, batch: { maxItems: 1 } }));
    const some = (from: number) => aRequest(Array.from({ length: 40 }, (_, n) => aSpan(from + (n % 20))));
    await send(some(1));
    await until(() => received(a).length + received(b).length === 40);
    const traces = (backend: OtlpBackend) =>
      new Set(received(backend).map(({ traceId }) => Buffer.from(traceId).toString("hex")));
    expect([traces(a).size > 3, traces(b).size > 3, [...traces(a)].filter((trace) => traces(b).has(trace))]).toEqual([
      true,
      true,
      [],
    ]);
    const before = received(a).length;
    b.answer = { code: 14, details: "away" };
    await send(some(1));
    await until(() => received(a).length === before + 40);
    expect(traces(a).size).toBe(20);
  });
});

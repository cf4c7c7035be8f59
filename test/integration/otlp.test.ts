import { gzipSync } from "node:zlib";
import { create, fromBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StatusSchema } from "../../schemas/gen/google/rpc/status_pb.js";
import { ExportTraceServiceResponseSchema } from "../../schemas/gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js";
import {
  AnyValueSchema,
  ArrayValueSchema,
  KeyValueSchema,
} from "../../schemas/gen/opentelemetry/proto/common/v1/common_pb.js";
import { connectGrpc } from "../support/grpc-client.ts";
import { recordingsIn } from "../support/otlp-recordings.ts";
import { aRequest, aSpan, keyValue } from "../support/otlp-span.ts";
import { openRunningHub, type RunningHub } from "../support/running-hub.ts";

const limits = { maxMessageBytes: 8_000_000 };
let hub: RunningHub;

beforeAll(async () => {
  hub = await openRunningHub({
    http: { address: "127.0.0.1:0", limits },
    grpc: { address: "127.0.0.1:0", limits },
    tight: { address: "127.0.0.1:0", serves: ["http"], limits: { maxBufferedBytes: 1000 } },
  });
});

afterAll(() => hub.close());

const protobuf = "application/x-protobuf";
const json = "application/json";
const tracesMethod = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

async function post(path: string, body: Uint8Array | string, headers: Record<string, string> = {}, listener = "http") {
  const response = await fetch(`http://${hub.listeners[listener]}${path}`, {
    method: "POST",
    headers: { "content-type": protobuf, ...headers },
    body: typeof body === "string" ? body : new Uint8Array(body),
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { status: response.status, type: response.headers.get("content-type"), headers: response.headers, bytes };
}

const traces = (body: Uint8Array | string, headers?: Record<string, string>) => post("/v1/traces", body, headers);
const inJson = async (body: unknown) => {
  const answer = await traces(typeof body === "string" ? body : JSON.stringify(body), { "content-type": json });
  return { ...answer, json: JSON.parse(Buffer.from(answer.bytes).toString()) };
};
const partial = (bytes: Uint8Array) => fromBinary(ExportTraceServiceResponseSchema, bytes).partialSuccess;
const spans = () => hub.total("mixdown_records_total", { source: "otlp" });
const errors = (reason: string) => hub.total("mixdown_decode_errors_total", { source: "otlp", reason });

async function unary(method: string, bytes: Uint8Array, headers = {}) {
  const connection = await connectGrpc(hub.listeners.grpc as string);
  const outcome = await connection.unary(method, bytes, headers);
  await connection.close();
  return outcome;
}

describe("what Envoy sent", () => {
  test.each(recordingsIn("otlp-traces-grpc.jsonl"))("over gRPC: $note", async ({ bytes, json: decoded }) => {
    const before = await spans();
    const { status, messages } = await unary(tracesMethod, bytes);
    expect([status, messages.map(({ length }) => length)]).toEqual([0, [0]]);
    if (decoded !== null) expect((await spans()) - before).toBe(JSON.stringify(decoded).split('"spanId"').length - 1);
  });

  test.each(recordingsIn("otlp-traces-http.jsonl"))("over HTTP: $note", async ({ bytes }) => {
    const before = await spans();
    const { status, type, bytes: answer } = await traces(bytes);
    expect([status, type, answer.length]).toEqual([200, protobuf, 0]);
    expect(await spans()).toBeGreaterThan(before);
  });

  test("access logs count as access logs", async () => {
    const before = await hub.total("istio_requests_total");
    for (const { bytes } of recordingsIn("otlp-logs-http.jsonl"))
      expect((await post("/v1/logs", bytes)).status).toBe(200);
    for (const { bytes } of recordingsIn("otlp-logs.jsonl"))
      expect((await unary("/opentelemetry.proto.collector.logs.v1.LogsService/Export", bytes)).status).toBe(0);
    expect((await hub.total("istio_requests_total")) - before).toBe(17 + (await grpcLogs()));
  });

  async function grpcLogs(): Promise<number> {
    const text = recordingsIn("otlp-logs.jsonl").map(({ bytes }) => bytes.toString("latin1"));
    return text.join("").split("[2026-11-22T").length - 1;
  }

  test("metrics are refused with their number", async () => {
    const [first] = recordingsIn("otlp-metrics.jsonl");
    const { status, bytes } = await post("/v1/metrics", first!.bytes);
    expect([status, partial(bytes)?.rejectedSpans]).toEqual([200, 6n]);
  });
});

describe("answers", () => {
  test("an empty request is a success, in the encoding that it came in", async () => {
    expect(await traces(new Uint8Array(0))).toMatchObject({ status: 200, type: protobuf });
    expect(await inJson("{}")).toMatchObject({ status: 200, type: json, json: {} });
  });

  test("errors are google.rpc.Status in the encoding of the request", async () => {
    const broken = await traces(Uint8Array.of(0x0a, 9, 0x0a));
    expect([broken.status, broken.type, fromBinary(StatusSchema, broken.bytes)]).toMatchObject([
      400,
      protobuf,
      { code: 3, message: "not an OTLP export request: a field is longer than what is left" },
    ]);
    const { status, json: answer } = await inJson('{"resourceSpans": [');
    expect([status, answer.code, answer.message]).toEqual([400, 3, expect.stringContaining("line 1 column 20")]);
    expect((await unary(tracesMethod, Uint8Array.of(0x0a, 9, 0x0a))).status).toBe(3);
  });

  test("what is neither JSON nor protobuf, other methods and other signals are refused", async () => {
    expect((await traces("x", { "content-type": "text/plain" })).status).toBe(415);
    expect((await fetch(`http://${hub.listeners.http}/v1/traces`)).status).toBe(405);
    const profiles = await post("/v1development/profiles", new Uint8Array(0));
    expect([profiles.status, fromBinary(StatusSchema, profiles.bytes).code]).toEqual([404, 12]);
    const method = "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export";
    expect((await unary(method, new Uint8Array(0))).status).toBe(12);
  });

  test("a listener that holds too much says when to come back", async () => {
    const { status, headers, bytes } = await post(
      "/v1/traces",
      aRequest([aSpan(1, { big: "x".repeat(2000) })]),
      {},
      "tight",
    );
    const { code, details } = fromBinary(StatusSchema, bytes);
    expect([status, headers.get("retry-after"), code, details[0]?.typeUrl]).toEqual([
      503,
      "1",
      14,
      "type.googleapis.com/google.rpc.RetryInfo",
    ]);
  });
});

describe("malformed spans are refused alone", () => {
  const bad = {
    "a trace id of 8 bytes": aSpan(2, {}, { traceId: new Uint8Array(8).fill(1) }),
    "a trace id of zeros": aSpan(2, {}, { traceId: new Uint8Array(16) }),
    "no span id": aSpan(2, {}, { spanId: new Uint8Array(0) }),
    "a parent of 4 bytes": aSpan(2, {}, { parentSpanId: new Uint8Array(4).fill(1) }),
    "a time in 2554": aSpan(2, {}, { endTimeUnixNano: 2n ** 64n - 1n }),
    "100,000 attributes": aSpan(2, {}, { attributes: Array.from({ length: 100_000 }, (_, n) => keyValue(`k${n}`, n)) }),
    "lists in lists": aSpan(2, {}, { attributes: [nested(40)] }),
  };

  function nested(depth: number) {
    let value = create(AnyValueSchema);
    for (let i = 0; i < depth; i++)
      value = create(AnyValueSchema, {
        value: { case: "arrayValue", value: create(ArrayValueSchema, { values: [value] }) },
      });
    return create(KeyValueSchema, { key: "nested", value });
  }

  test.each(Object.entries(bad))("%s", async (_what, span) => {
    const before = await spans();
    const request = aRequest([aSpan(1), span, aSpan(3)]);
    const { status, bytes } = await traces(request);
    expect([status, partial(bytes)?.rejectedSpans]).toEqual([200, 1n]);
    expect(partial(bytes)?.errorMessage).toMatch(/^1 of 3 spans refused: span 1: /);
    expect((await spans()) - before).toBe(3);
    const outcome = await unary(tracesMethod, request);
    expect(partial(outcome.messages[0]!)?.rejectedSpans).toBe(1n);
  });

  test("each is counted with its reason", async () => {
    const before = await errors("span_trace_id");
    await traces(aRequest([bad["a trace id of zeros"], bad["a trace id of 8 bytes"]]));
    expect((await errors("span_trace_id")) - before).toBe(2);
  });
});

describe("bodies that mean harm", () => {
  test("gzip is undone within bounds", async () => {
    const request = aRequest([aSpan(1)]);
    expect((await traces(gzipSync(request), { "content-encoding": "gzip" })).status).toBe(200);
    const bomb = gzipSync(Buffer.alloc(9_000_000));
    const { status, bytes } = await traces(bomb, { "content-encoding": "gzip" });
    expect([status, fromBinary(StatusSchema, bytes).code]).toEqual([413, 8]);
    expect((await unary(tracesMethod, new Uint8Array(9_000_000))).status).toBe(8);
  });

  const item = (id: string, more = "") =>
    `{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"${id}","startTimeUnixNano":1795345979000000123${more}}`;
  const around = (items: string) => `{"resourceSpans":[{"scopeSpans":[{"spans":[${items}]}]}]}`;

  test("5 MB of nesting in JSON harms only its span", async () => {
    const depth = 2_500_000;
    const nest = `,"attributes":[{"key":"a","value":${"[".repeat(depth)}${"]".repeat(depth)}}]`;
    const before = await spans();
    const { status, json: answer } = await inJson(
      around([item("eee19b7ec3c1b174"), item("eee19b7ec3c1b175", nest), item("eee19b7ec3c1b176")].join(",")),
    );
    expect([status, answer.partialSuccess]).toEqual([
      200,
      { rejectedSpans: "1", errorMessage: expect.stringContaining("span 1: expected at most 160 levels of nesting") },
    ]);
    expect((await spans()) - before).toBe(2);
  });

  test("JSON is not trusted: ids of other lengths, names of other types", async () => {
    const items = [
      item("eee19b7ec3c1b1"),
      item("EEE19B7EC3C1B174", `,"kind":"SPAN_KIND_SERVER","later":{"a":[1]},"status":{}`),
      item("eee19b7ec3c1b174", `,"name":7`),
      item("eee19b7ec3c1b174", `,"endTimeUnixNano":"-1"`),
    ];
    const { json: answer } = await inJson(around(items.join(",")));
    expect(answer.partialSuccess).toEqual({
      rejectedSpans: "3",
      errorMessage:
        "3 of 4 spans refused: span 0: spanId: expected 16 hexadecimal digits; span 2: name: expected text; " +
        "span 3: endTimeUnixNano: expected a whole number from 0 to 18446744073709551615",
    });
  });
});

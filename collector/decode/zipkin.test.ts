import { fromBinary } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import type { AnyValue } from "../../schemas/gen/opentelemetry/proto/common/v1/common_pb.js";
import { type ResourceSpans, TracesDataSchema } from "../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import { convertZipkin, type ZipkinEncoding, ZipkinError } from "./zipkin.ts";

const ids = { traceId: "463ac35c9f6413ad48485a3953bb6124", id: "a2fb4a1d1a96d312" };

function convert(body: unknown, encoding: ZipkinEncoding = "json") {
  const bytes = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const steps = convertZipkin(bytes, encoding);
  for (;;) {
    const step = steps.next();
    if (step.done) return { ...step.value, groups: fromBinary(TracesDataSchema, step.value.bytes).resourceSpans };
  }
}

const plain = (value: AnyValue | undefined) => value?.value.value;
const named = (all: readonly { key: string; value?: AnyValue }[]) =>
  Object.fromEntries(all.map(({ key, value }) => [key, plain(value)]));
const only = (groups: readonly ResourceSpans[]) => groups[0]!.scopeSpans[0]!.spans[0]!;

it("maps every field as OpenTelemetry does, read backwards", () => {
  const span = {
    ...ids,
    parentId: "48485A3953BB6124",
    kind: "SERVER",
    name: "get /",
    timestamp: 1_795_345_995_222_691,
    duration: 484,
    localEndpoint: { serviceName: "shop", ipv4: "10.0.0.1", port: 8080 },
    remoteEndpoint: { serviceName: "web", ipv6: "2001:db8::1", port: 0 },
    annotations: [
      { timestamp: 1_795_345_995_222_700, value: "ss" },
      { timestamp: 1_795_345_995_222_701, value: '"retry": {"attempt":2}' },
    ],
    tags: {
      "http.method": "GET",
      error: "timeout",
      "k8s.pod.name": "shop-1",
      "otel.scope.name": "lib",
      "w3c.tracestate": "a=b",
    },
    shared: true,
  };
  const [group] = convert([span]).groups;
  expect(named(group!.resource!.attributes)).toEqual({ "service.name": "shop", "k8s.pod.name": "shop-1" });
  expect(group!.scopeSpans[0]!.scope?.name).toBe("lib");
  const otlp = only([group!]);
  expect(Buffer.from(otlp.traceId).toString("hex")).toBe(ids.traceId);
  expect(Buffer.from(otlp.parentSpanId).toString("hex")).toBe("48485a3953bb6124");
  expect(otlp).toMatchObject({
    name: "get /",
    kind: 2,
    traceState: "a=b",
    startTimeUnixNano: 1_795_345_995_222_691_000n,
    endTimeUnixNano: 1_795_345_995_223_175_000n,
    status: { code: 2, message: "timeout" },
  });
  expect(named(otlp.attributes)).toEqual({
    "http.method": "GET",
    error: "timeout",
    "network.local.address": "10.0.0.1",
    "network.local.port": 8080n,
    "network.peer.address": "2001:db8::1",
    "peer.service": "web",
    "zipkin.shared": true,
  });
  expect(otlp.events.map(({ name, attributes }) => [name, named(attributes)])).toEqual([
    ["ss", {}],
    ["retry", { attempt: "2" }],
  ]);
});

it.each([
  ["error: true", { error: "true" }, 2, ""],
  ["error: empty", { error: "" }, 2, ""],
  ["error: false", { error: "false" }, undefined, undefined],
  ["otel.status_code", { "otel.status_code": "ERROR", "otel.status_description": "no" }, 2, "no"],
  ["otel.status_code OK", { "otel.status_code": "OK", error: "true" }, 1, ""],
])("reads a status: %s", (_what, tags, code, message) => {
  const { status } = only(convert([{ ...ids, tags }]).groups);
  expect([status?.code, status?.message]).toEqual([code, message]);
});

it("pads short trace ids, drops a parent that is the span itself, and takes a span without a kind as internal", () => {
  const span = only(convert([{ traceId: "48485a3953bb6124", id: ids.id, parentId: ids.id }]).groups);
  expect(Buffer.from(span.traceId).toString("hex")).toBe("000000000000000048485a3953bb6124");
  expect([span.parentSpanId.length, span.kind]).toEqual([0, 1]);
});

it("groups spans by their process and keeps their numbers", () => {
  const of = (serviceName: string) => ({ ...ids, localEndpoint: { serviceName } });
  const { groups, places } = convert([of("a"), of("b"), of("a")]);
  expect(groups.map(({ scopeSpans }) => scopeSpans[0]!.spans.length)).toEqual([2, 1]);
  expect(places).toEqual([0, 2, 1]);
});

it.each([
  ["no id", { traceId: ids.traceId }, "id of 16"],
  ["a short trace id", { ...ids, traceId: "463ac35c" }, "traceId of 16 or 32"],
  ["a trace id of zeros", { ...ids, traceId: "0".repeat(32) }, "not all zero"],
  ["an odd parent", { ...ids, parentId: "x" }, "parentId of 16"],
  ["a name that is a number", { ...ids, name: 7 }, "name as text"],
  ["a tag that is a list", { ...ids, tags: { a: [] } }, "tag a as text"],
  ["times as words", { ...ids, timestamp: "now" }, "timestamp as a whole number"],
  ["no object", 7, "a span as an object"],
])("refuses alone: %s", (_what, span, reason) => {
  const { rejected, rejectedCount, groups } = convert([ids, span, ids]);
  expect([rejectedCount, rejected[0]?.error]).toEqual([1, expect.stringContaining(reason)]);
  expect(rejected[0]?.error).toMatch(/^span 1: /);
  expect(groups[0]!.scopeSpans[0]!.spans).toHaveLength(2);
});

it("refuses what is no list", () => {
  expect(() => convert("{}")).toThrow(ZipkinError);
  expect(() => convert("[{]")).toThrow("at line 1 column 3");
  expect(() => convert(String.fromCharCode(10, 9), "protobuf")).toThrow(ZipkinError);
});

it("reads version 1: side, times and endpoints from annotations", () => {
  const endpoint = { serviceName: "shop", ipv4: "10.0.0.1" };
  const span = {
    ...ids,
    name: "get",
    annotations: [
      { timestamp: 1000, value: "sr", endpoint },
      { timestamp: 3000, value: "ss", endpoint },
      { timestamp: 2000, value: "mark", endpoint },
    ],
    binaryAnnotations: [
      { key: "http.status_code", value: "500", endpoint },
      { key: "ca", value: true, endpoint: { ipv4: "10.0.0.9", port: 4711 } },
    ],
  };
  const { groups } = convert([span], "json-v1");
  expect(named(groups[0]!.resource!.attributes)).toEqual({ "service.name": "shop" });
  const otlp = only(groups);
  expect(otlp).toMatchObject({ kind: 2, startTimeUnixNano: 1_000_000n, endTimeUnixNano: 3_000_000n });
  expect(named(otlp.attributes)).toMatchObject({ "http.status_code": "500", "network.peer.address": "10.0.0.9" });
  expect(otlp.events.map(({ name }) => name)).toEqual(["mark"]);
});

it("says that a partial span has no start", () => {
  const span = only(convert([{ ...ids, duration: 5 }]).groups);
  expect(span).toMatchObject({ startTimeUnixNano: 0n, endTimeUnixNano: 5000n });
  expect(named(span.attributes)).toEqual({ "otel.zipkin.absentField.startTime": true });
});

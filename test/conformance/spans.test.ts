import { describe, expect, it } from "vitest";
import { readSpans } from "../../adapters/zipkin/read-spans.ts";
import { toZipkin } from "../../adapters/zipkin/to-zipkin.ts";
import { convertZipkin } from "../../collector/decode/zipkin.ts";
import { type SpanAttributes, spanRecords } from "../support/normalized-span.ts";
import { type Recording, recordingsIn } from "../support/otlp-recordings.ts";

const grpc = recordingsIn("otlp-traces-grpc.jsonl");
const http = recordingsIn("otlp-traces-http.jsonl");
const zipkin = recordingsIn("zipkin.jsonl");

function toOtlp({ bytes, metadata }: Recording): Uint8Array {
  const steps = convertZipkin(bytes, metadata["content-type"] === "application/json" ? "json" : "protobuf");
  for (;;) {
    const step = steps.next();
    if (!step.done) continue;
    expect(step.value.rejected).toEqual([]);
    return step.value.bytes;
  }
}

const all: SpanAttributes[] = [
  ...[...grpc, ...http].flatMap(({ bytes }) => spanRecords(bytes)),
  ...zipkin.flatMap((recording) => spanRecords(toOtlp(recording))),
];
const of = (recordings: readonly Recording[], note: string) =>
  spanRecords(recordings.find((recording) => recording.note.startsWith(note))!.bytes);

describe("spans that a real Envoy sent", () => {
  it("are all there, with what every span has", () => {
    expect(all.length).toBeGreaterThan(60);
    for (const span of all) {
      expect(span).toMatchObject({
        "context.signal": "span",
        "context.time": expect.anything(),
        "response.time": expect.anything(),
        "response.duration": expect.any(Number),
        "trace.id": expect.stringMatching(/^[0-9a-f]{32}$/),
        "trace.span_id": expect.stringMatching(/^[0-9a-f]{16}$/),
        "context.reporter.kind": expect.stringMatching(/^(inbound|outbound)$/),
        "context.protocol": expect.stringMatching(/^(http|grpc)$/),
      });
    }
  });

  it("hold no dash, no empty text and no status 0", () => {
    for (const span of all)
      for (const [name, value] of Object.entries(span))
        expect([name, ["-", "", "0"].includes(value as string) && name !== "response.grpc_status"]).toEqual([
          name,
          false,
        ]);
    expect(all.some((span) => span["context.proxy_error_code"] === "DC" && span["response.code"] === undefined)).toBe(
      true,
    );
  });

  it("read a server's span as an access log reads its request", () => {
    const [, server] = of(grpc, "OTel gRPC: 404");
    expect(server).toMatchObject({
      "context.protocol": "http",
      "context.reporter.kind": "inbound",
      "context.reporter.uid": "lab-trace-1",
      "request.id": "4fa05cc6-7ac8-928c-8c11-3ecb6fd7dc56",
      "request.method": "GET",
      "request.host": "127.0.0.1:20120",
      "request.path": "/hello?q=1",
      "request.url_path": "/hello",
      "request.query_params": new Map([["q", "1"]]),
      "request.scheme": "http",
      "request.useragent": "curl/7.88.1",
      "request.size": 0,
      "request.http_version": "1.1",
      "response.code": 200,
      "response.size": 6,
      "response.duration": 1_288_000,
      "route.template": "/hello",
      "upstream.cluster": "http_up",
      "source.ip": "127.0.0.1",
      "destination.workload.name": "lab-web",
      "destination.uid": "lab-trace-1",
      "destination.service.host": "127.0.0.1",
      "destination.service.name": "http_up",
      "trace.id": "99330da8aa1c93e13cc1f7006727f5a0",
      "trace.sampled": true,
    });
    expect(server).not.toHaveProperty("context.proxy_error_code");
    expect(server).not.toHaveProperty("upstream.address");
  });

  it("read a client's span with its upstream", () => {
    const [client] = of(grpc, "OTel gRPC: 404");
    expect(client).toMatchObject({
      "context.reporter.kind": "outbound",
      "source.workload.name": "lab-web",
      "destination.ip": "127.0.0.1",
      "destination.port": 20003,
      "upstream.address": "127.0.0.1",
      "destination.service.name": "http_up",
    });
  });

  it("read Istio's tags and its names of clusters", () => {
    const [, inbound] = of(grpc, "sidecar inbound: 500");
    expect(inbound).toMatchObject({
      "context.reporter.uid": "kubernetes://app-1.default",
      "destination.canonical.name": "app",
      "destination.canonical.revision": "v1",
      "destination.namespace": "default",
      "destination.workload.namespace": "default",
      "destination.name": "app-1",
      "destination.uid": "kubernetes://app-1.default",
      "destination.cluster.id": "Kubernetes",
      "destination.version": "v1",
    });
    expect(inbound).not.toHaveProperty("destination.workload.name");
    const [outbound] = of(grpc, "sidecar outbound: gRPC error");
    expect(outbound).toMatchObject({
      "context.protocol": "grpc",
      "response.grpc_status": "5",
      "response.grpc_message": "not found",
      "source.canonical.name": "app",
      "source.ip": "127.0.0.1",
      "destination.service.host": "reviews.default.svc.cluster.local",
      "destination.service.name": "reviews",
      "destination.service.namespace": "default",
    });
    expect(outbound).not.toHaveProperty("upstream.address");
  });

  it("take bytes that are no UTF-8", () => {
    const spans = of(http, "OTel HTTP: non UTF-8");
    expect(spans.some((span) => String(span["request.useragent"]).includes("\ufffd"))).toBe(true);
  });
});

describe("Zipkin's spans", () => {
  it.each(["Zipkin JSON: 404", "Zipkin proto: direct response"])("say what OTLP's say: %s", (note) => {
    const recording = zipkin.find((each) => each.note === note)!;
    const spans = spanRecords(toOtlp(recording));
    const server = spans.find((span) => span["context.reporter.kind"] === "inbound");
    expect(server).toMatchObject({
      "context.reporter.uid": "lab-trace-1",
      "request.id": expect.any(String),
      "request.method": "GET",
      "request.http_version": "1.1",
      "response.code": expect.any(Number),
      "destination.workload.name": "lab-trace",
      "source.ip": "127.0.0.1",
    });
  });

  it("keep raw bytes, which a relay passes on", () => {
    for (const recording of zipkin.filter(({ note }) => note.startsWith("Zipkin proto")))
      for (const value of [Buffer.from("lab-value"), Buffer.from("guid:x-request-id")])
        expect(Buffer.from(toOtlp(recording)).includes(value)).toBe(recording.bytes.includes(value));
  });
});

it("gives back to Zipkin what Envoy sent in its form", () => {
  for (const recording of zipkin.filter(({ json }) => json !== null)) {
    const back = new Map(
      readSpans(toOtlp(recording))
        .map(toZipkin)
        .map((span) => [`${span.traceId} ${span.id}`, span]),
    );
    for (const span of recording.json as {
      id: string;
      traceId: string;
      localEndpoint: object;
      tags: Record<string, string>;
    }[]) {
      const { localEndpoint, tags, ...rest } = span;
      const found = back.get(`${span.traceId} ${span.id}`);
      expect(found).toMatchObject(rest);
      expect(found?.localEndpoint).toEqual({ ...localEndpoint, port: undefined });
      // Envoy says `error: true` of failures, of which the status tells.
      const { error, ...others } = tags;
      expect(found?.tags).toMatchObject(others);
      expect(found?.tags?.error).toBe(error === undefined ? undefined : "");
    }
  }
});

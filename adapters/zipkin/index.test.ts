import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { Span_EventSchema, StatusSchema } from "../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import { startServer } from "../../test/support/http-server.ts";
import { aRequest, aSpan, keyValues } from "../../test/support/otlp-span.ts";
import { isAggregator } from "../adapter.ts";
import { fakeHost } from "../testing/fake-host.ts";
import { zipkin } from "./index.ts";
import { readSpans } from "./read-spans.ts";
import { toZipkin } from "./to-zipkin.ts";

const sent = (bytes: Uint8Array) => readSpans(bytes).map(toZipkin);

it("maps spans as OpenTelemetry does", () => {
  const event = create(Span_EventSchema, {
    timeUnixNano: 1_795_345_979_001_000_000n,
    name: 'a "b"',
    attributes: keyValues({ n: 1, t: "x" }),
  });
  const plain = create(Span_EventSchema, { timeUnixNano: 1_795_345_979_002_000_000n, name: "plain" });
  const span = aSpan(
    7,
    {
      "peer.service": "stock",
      "network.peer.address": "10.0.0.9",
      "network.peer.port": 8080,
      ok: true,
      ratio: 1.5,
      big: 2n ** 60n,
      error: false,
    },
    {
      kind: 3,
      parentSpanId: new Uint8Array(8).fill(9),
      traceState: "a=b",
      events: [event, plain],
      status: create(StatusSchema, { code: 2, message: "late" }),
    },
  );
  expect(sent(aRequest([span], { "service.name": "shop", "service.version": "1" }))).toEqual([
    {
      traceId: "07".repeat(16),
      id: "07".repeat(8),
      parentId: "09".repeat(8),
      name: "span 7",
      kind: "CLIENT",
      timestamp: 1_795_345_979_000_000,
      duration: 12_345,
      localEndpoint: { serviceName: "shop" },
      remoteEndpoint: { serviceName: "stock", ipv4: "10.0.0.9", port: 8080 },
      annotations: [
        { timestamp: 1_795_345_979_001_000, value: '"a \\"b\\"": {"n":1,"t":"x"}' },
        { timestamp: 1_795_345_979_002_000, value: "plain" },
      ],
      tags: {
        "service.version": "1",
        "peer.service": "stock",
        ok: "true",
        ratio: "1.5",
        big: String(2n ** 60n),
        "w3c.tracestate": "a=b",
        "otel.status_code": "ERROR",
        error: "late",
      },
    },
  ]);
});

it("posts, and is understood", async () => {
  const backend = await startServer((_, response) => response.writeHead(202).end());
  const outlet = await zipkin.open(zipkin.config.parse({ endpoint: backend.url }), fakeHost([], { fetch }));
  if (isAggregator(outlet)) throw new Error("opened as an aggregator");
  const item = { template: "spans", instance: "spans", bytes: aRequest([aSpan(1), aSpan(2)]), spans: 2 } as const;
  expect(await outlet.deliver([item, item], new AbortController().signal)).toEqual({ status: "delivered" });
  const [{ path, headers, body }] = backend.received as [(typeof backend.received)[number]];
  expect([path, headers["content-type"], JSON.parse(body.toString()).length]).toEqual([
    "/api/v2/spans",
    "application/json",
    4,
  ]);
  await outlet.close();
});

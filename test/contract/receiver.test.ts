import { create, toBinary } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { receivers } from "../../collector/receivers/inventory.ts";
import { StreamAccessLogsMessageSchema } from "../../schemas/gen/envoy/service/accesslog/v3/als_pb.js";
import { CheckRequestSchema } from "../../schemas/gen/envoy/service/auth/v3/external_auth_pb.js";
import { StreamMetricsMessageSchema } from "../../schemas/gen/envoy/service/metrics/v3/metrics_service_pb.js";
import { RateLimitRequestSchema } from "../../schemas/gen/envoy/service/ratelimit/v3/rls_pb.js";
import { TracesDataSchema } from "../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import { type ReceiverFixture, receiverBattery } from "./receiver-battery.ts";

const fixtures: Readonly<Record<string, ReceiverFixture>> = {
  "envoy-als": {
    method: "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs",
    message: toBinary(
      StreamAccessLogsMessageSchema,
      create(StreamAccessLogsMessageSchema, {
        identifier: { node: { id: "proxy" }, logName: "log" },
        logEntries: { case: "httpLogs", value: { logEntry: [{ request: { path: "/" } }, {}, {}] } },
      }),
    ),
    records: 3,
    broken: Uint8Array.of(0x12, 9, 0x0a),
  },
  "envoy-metrics": {
    method: "/envoy.service.metrics.v3.MetricsService/StreamMetrics",
    message: toBinary(
      StreamMetricsMessageSchema,
      create(StreamMetricsMessageSchema, {
        identifier: { node: { id: "proxy" } },
        envoyMetrics: [{ name: "server.uptime", metric: [{ gauge: { value: 1 } }] }],
      }),
    ),
    records: 0,
    broken: Uint8Array.of(0x12, 9, 0x0a),
  },
  otlp: {
    method: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    unary: true,
    message: toBinary(
      TracesDataSchema,
      create(TracesDataSchema, {
        resourceSpans: [{ scopeSpans: [{ spans: [1, 2, 3].map((n) => aSpan(n)) }] }],
      }),
    ),
    records: 3,
    broken: Uint8Array.of(0x0a, 9, 0x0a),
  },
  "ext-authz": {
    method: "/envoy.service.auth.v3.Authorization/Check",
    unary: true,
    message: toBinary(
      CheckRequestSchema,
      create(CheckRequestSchema, { attributes: { request: { http: { path: "/" } } } }),
    ),
    records: 1,
    broken: Uint8Array.of(0x0a, 9, 0x0a),
  },
  "envoy-rls": {
    method: "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit",
    unary: true,
    message: toBinary(
      RateLimitRequestSchema,
      create(RateLimitRequestSchema, { domain: "d", descriptors: [{ entries: [{ key: "k", value: "v" }] }] }),
    ),
    records: 0,
    broken: Uint8Array.of(0x0a, 9, 0x0a),
  },
};

function aSpan(n: number) {
  return { traceId: new Uint8Array(16).fill(n), spanId: new Uint8Array(8).fill(n), name: `span ${n}` };
}

for (const receiver of receivers) {
  const fixture = fixtures[receiver.type];
  if (fixture !== undefined) receiverBattery(receiver, fixture);
}

it("tries every receiver that answers gRPC", () => {
  const wanted = receivers.filter(({ services }) => services.length > 0).map(({ type }) => type);
  expect(Object.keys(fixtures)).toEqual(wanted);
});

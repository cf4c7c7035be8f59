import { create, type JsonObject, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  AccessLogType,
  type HTTPAccessLogEntrySchema,
} from "../../schemas/gen/envoy/data/accesslog/v3/accesslog_pb.js";
import { StreamAccessLogsMessageSchema } from "../../schemas/gen/envoy/service/accesslog/v3/als_pb.js";

/** Entries of one message, about what Envoy's default buffer of 16 KiB holds. */
export const entriesInMessage = 49;

const codes = [200, 200, 200, 200, 200, 201, 204, 301, 404, 503];

/**
 * Messages as a plain Envoy sends them for proxied requests: 49 entries of some 340 bytes each, over `upstreams` (40) and
 * 10 outcomes, every path, request id and client address its own, all of the last second. The first carries the identifier.
 */
export function makeTraffic(
  messages: number,
  upstreams = 40,
  nowMs = Date.now(),
  metadataOf: MetadataOf = () => undefined,
): Uint8Array[] {
  return Array.from({ length: messages }, (_, message) => {
    const logEntry = Array.from({ length: entriesInMessage }, (_, i) =>
      anEntry(message * entriesInMessage + i, upstreams, nowMs, metadataOf),
    );
    const identifier = { logName: "bench", node: { id: "edge-1", cluster: "edge" } };
    return toBinary(
      StreamAccessLogsMessageSchema,
      create(StreamAccessLogsMessageSchema, {
        ...(message === 0 ? { identifier } : {}),
        logEntries: { case: "httpLogs", value: { logEntry } },
      }),
    );
  });
}

/** What the proxy's filters say of the request of entry `n`, by filter. */
type MetadataOf = (n: number) => Readonly<Record<string, JsonObject>> | undefined;

/** The request of entry `n`, as it is asked about before. */
export function requestOf(n: number, upstreams = 40) {
  return {
    ...{ "request.id": idOf(n), "request.method": "GET", "request.path": pathOf(n) },
    ...{ "request.host": hostOf(n, upstreams), "source.ip": `10.1.${n % 200}.7` },
  };
}

const pathOf = (n: number) => `/items/${n}?page=2`;
const hostOf = (n: number, upstreams: number) => `service-${(n * 7) % upstreams}.example:8080`;

function anEntry(
  n: number,
  upstreams: number,
  nowMs: number,
  metadataOf: MetadataOf,
): MessageInitShape<typeof HTTPAccessLogEntrySchema> {
  const upstream = (n * 7) % upstreams;
  const filterMetadata = metadataOf(n);
  const code = codes[Math.floor(n / upstreams) % codes.length] as number;
  const nanos = 1_000_000 + ((n * 7919) % 90_000_000);
  return {
    protocolVersion: 2,
    commonProperties: {
      downstreamRemoteAddress: socket(`10.1.${n % 200}.7`, 30_000 + (n % 30_000)),
      downstreamDirectRemoteAddress: socket(`10.1.${n % 200}.7`, 30_000 + (n % 30_000)),
      downstreamLocalAddress: socket("10.0.0.1", 8080),
      upstreamRemoteAddress: socket(`10.2.0.${upstream}`, 9080),
      upstreamLocalAddress: socket("10.0.0.1", 40_000 + (n % 20_000)),
      upstreamCluster: `service_${upstream}`,
      routeName: `route_${upstream}`,
      startTime: { seconds: BigInt(Math.floor(nowMs / 1000)), nanos: (n % 1000) * 1_000_000 },
      duration: { seconds: 0n, nanos },
      timeToLastRxByte: { seconds: 0n, nanos: 50_000 },
      timeToFirstUpstreamTxByte: { seconds: 0n, nanos: 90_000 },
      timeToFirstUpstreamRxByte: { seconds: 0n, nanos: nanos - 20_000 },
      timeToLastUpstreamRxByte: { seconds: 0n, nanos: nanos - 10_000 },
      upstreamRequestAttemptCount: 1,
      streamId: idOf(n),
      downstreamWireBytesReceived: 142n,
      downstreamWireBytesSent: 1_200n,
      ...(filterMetadata && { metadata: { filterMetadata } }),
      accessLogType: AccessLogType.DownstreamEnd,
      responseFlags: code === 503 ? { upstreamConnectionFailure: true } : undefined,
    },
    request: {
      requestMethod: 1,
      scheme: "http",
      authority: hostOf(n, upstreams),
      path: pathOf(n),
      userAgent: "curl/8.5.0",
      requestId: idOf(n),
      requestHeadersBytes: 160n,
    },
    response: {
      responseCode: code,
      responseHeadersBytes: 130n,
      responseBodyBytes: BigInt(500 + (n % 4_000)),
      responseCodeDetails: "via_upstream",
    },
  };
}

function socket(address: string, port: number) {
  return {
    address: {
      case: "socketAddress" as const,
      value: { address, portSpecifier: { case: "portValue" as const, value: port } },
    },
  };
}

function idOf(n: number): string {
  const hex = n.toString(16).padStart(12, "0");
  return `5f2c9d1e-8a7b-4c3d-9e0f-${hex}`;
}

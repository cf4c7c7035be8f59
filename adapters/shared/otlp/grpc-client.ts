import { type ChannelOptions, Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import type { Delivery } from "../../adapter.ts";
import { readTls } from "../tls-settings.ts";
import type { OtlpClient, OtlpHost, Telemetry } from "./client.ts";
import { failed } from "./grpc-status.ts";
import { parseExportResponse, toDelivery } from "./partial-success.ts";
import type { OtlpSettings } from "./settings.ts";

/** The export method of each signal. */
const methods: Record<Telemetry, string> = {
  traces: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
  metrics: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
  logs: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
};

/** grpc-js' number for gzip. */
const gzip = 2;

/** OTLP over gRPC, on one HTTP/2 connection that is made when it is needed. */
export function openGrpcClient(settings: OtlpSettings, { log }: OtlpHost): OtlpClient {
  const { host } = new URL(settings.endpoint);
  const client = new Client(`dns:${host}`, credentialsOf(settings), channelOptions(settings));
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(settings.headers)) metadata.set(name, value);
  return {
    export: ({ telemetry, body, items, abort }) =>
      new Promise<Delivery>((resolve) => {
        const answered = (error: ServiceError | null, answer: Uint8Array = new Uint8Array(0)) => {
          abort.removeEventListener("abort", cancel);
          resolve(error === null ? toDelivery(parseExportResponse(answer), items, log) : failed(error));
        };
        const call = client.makeUnaryRequest(methods[telemetry], toBuffer, toBuffer, body, metadata, answered);
        const cancel = () => call.cancel();
        abort.addEventListener("abort", cancel);
        if (abort.aborted) cancel();
      }),
    close: () => client.close(),
  };
}

/** Messages are bytes here already. */
function toBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function credentialsOf({ endpoint, tls = {} }: OtlpSettings) {
  if (new URL(endpoint).protocol !== "https:") return credentials.createInsecure();
  const { ca = null, key = null, cert = null } = readTls(tls);
  return credentials.createSsl(ca, key, cert);
}

/** The lane tries again, so the channel is not slower than the lane in connecting anew. */
function channelOptions({ compression, tls }: OtlpSettings): ChannelOptions {
  return {
    "grpc.initial_reconnect_backoff_ms": 200,
    "grpc.max_reconnect_backoff_ms": 5000,
    "grpc.use_local_subchannel_pool": 1,
    "grpc.primary_user_agent": "mixdown",
    ...(compression === "gzip" ? { "grpc.default_compression_algorithm": gzip } : {}),
    ...(tls?.serverName === undefined ? {} : { "grpc.ssl_target_name_override": tls.serverName }),
  };
}

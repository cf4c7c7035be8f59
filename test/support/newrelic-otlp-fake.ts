import { gunzipSync } from "node:zlib";
import { fromBinary } from "@bufbuild/protobuf";
import { LogsDataSchema } from "../../schemas/gen/opentelemetry/proto/logs/v1/logs_pb.js";
import {
  AggregationTemporality,
  type Metric,
  MetricsDataSchema,
} from "../../schemas/gen/opentelemetry/proto/metrics/v1/metrics_pb.js";
import { type ReceivedRequest, startServer } from "./http-server.ts";

/** A fake of New Relic's OTLP endpoint over HTTP, which takes logs and metrics. */
export interface NewRelicOtlpFake {
  readonly url: string;
  /** What it took: `log <event>` for each record, `delta <name>` or `cumulative <name>` for each metric. */
  readonly received: string[];
  /** The next requests are answered so, one each. */
  behave(...statuses: readonly number[]): void;
  reset(): void;
}

/** Starts one on a free port; it takes the key `key-of-tests`. */
export async function startNewRelicOtlpFake(): Promise<NewRelicOtlpFake> {
  const received: string[] = [];
  const planned: number[] = [];
  const server = await startServer((request, response) => {
    const status = planned.shift() ?? refusalOf(request) ?? take(request, received);
    response.writeHead(status, { "content-type": "application/x-protobuf" }).end();
  });
  return {
    url: server.url,
    received,
    behave: (...statuses) => void planned.push(...statuses),
    reset() {
      received.length = 0;
      planned.length = 0;
    },
  };
}

const readers: Readonly<Record<string, (bytes: Uint8Array) => string[]>> = {
  "/v1/logs": (bytes) =>
    fromBinary(LogsDataSchema, bytes).resourceLogs.flatMap(({ scopeLogs }) =>
      scopeLogs.flatMap(({ logRecords }) => logRecords.map(({ eventName }) => `log ${eventName}`)),
    ),
  "/v1/metrics": (bytes) =>
    fromBinary(MetricsDataSchema, bytes).resourceMetrics.flatMap(({ scopeMetrics }) =>
      scopeMetrics.flatMap(({ metrics }) => metrics.map((metric) => `${temporalityOf(metric)} ${metric.name}`)),
    ),
};

function refusalOf({ method, path, headers, body }: ReceivedRequest): number | undefined {
  if (readers[path] === undefined) return 404;
  if (method !== "POST") return 405;
  if (headers["api-key"] !== "key-of-tests") return 403;
  if (headers["content-type"] !== "application/x-protobuf" || headers["content-encoding"] !== "gzip") return 415;
  if (body.byteLength > 1_000_000) return 413;
}

function take({ path, body }: ReceivedRequest, received: string[]): number {
  try {
    received.push(...readers[path]!(gunzipSync(body)));
    return 200;
  } catch {
    return 400;
  }
}

function temporalityOf({ data }: Metric): string {
  const isDelta =
    data.value !== undefined &&
    "aggregationTemporality" in data.value &&
    data.value.aggregationTemporality === AggregationTemporality.DELTA;
  return isDelta ? "delta" : "cumulative";
}

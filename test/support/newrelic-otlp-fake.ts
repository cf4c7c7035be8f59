import { gunzipSync } from "node:zlib";
import { fromBinary } from "@bufbuild/protobuf";
import { LogsDataSchema } from "../../schemas/gen/opentelemetry/proto/logs/v1/logs_pb.js";
import { type ReceivedRequest, startServer } from "./http-server.ts";

/** A fake of New Relic's OTLP endpoint over HTTP, which takes logs. */
export interface NewRelicOtlpFake {
  readonly url: string;
  /** Log records that it holds, by event name. */
  readonly records: string[];
  /** The next requests are answered so, one each. */
  behave(...statuses: readonly number[]): void;
}

/** Starts one on a free port; it takes the key `key-of-tests`. */
export async function startNewRelicOtlpFake(): Promise<NewRelicOtlpFake> {
  const records: string[] = [];
  const planned: number[] = [];
  const server = await startServer((request, response) => {
    const status = planned.shift() ?? refusalOf(request) ?? take(request, records);
    response.writeHead(status, { "content-type": "application/x-protobuf" }).end();
  });
  return { url: server.url, records, behave: (...statuses) => void planned.push(...statuses) };
}

function refusalOf({ method, path, headers, body }: ReceivedRequest): number | undefined {
  if (path !== "/v1/logs") return 404;
  if (method !== "POST") return 405;
  if (headers["api-key"] !== "key-of-tests") return 403;
  if (headers["content-type"] !== "application/x-protobuf" || headers["content-encoding"] !== "gzip") return 415;
  if (body.byteLength > 1_000_000) return 413;
}

function take({ body }: ReceivedRequest, records: string[]): number {
  try {
    const { resourceLogs } = fromBinary(LogsDataSchema, gunzipSync(body));
    const found = resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
    records.push(...found.map(({ eventName }) => eventName));
    return 200;
  } catch {
    return 400;
  }
}

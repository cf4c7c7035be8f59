import { fromBinary } from "@bufbuild/protobuf";
import { StatusSchema } from "../../../schemas/gen/google/rpc/status_pb.js";
import { type Answer, type AnswerReader, type Meaning, post } from "../http.ts";
import { joinHeaders } from "../http-settings.ts";
import { fetchWith } from "../tls-fetch.ts";
import type { ExportRequest, OtlpClient, OtlpHost, Telemetry } from "./client.ts";
import { type PartialSuccess, parseExportJson, parseExportResponse, toDelivery } from "./partial-success.ts";
import type { OtlpSettings } from "./settings.ts";

/** OTLP over HTTP with protobuf bodies; the host's fetch is used unless the settings have TLS of their own. */
export function openHttpClient(settings: OtlpSettings, { fetch: given, log }: OtlpHost): OtlpClient {
  const { compression, tls } = settings;
  const { fetch, close } = fetchWith(tls, given);
  const headers = joinHeaders({ "content-type": protobuf }, settings.headers);
  return {
    export({ telemetry, body, items, abort: signal }: ExportRequest) {
      const url = urlOf(settings.endpoint, telemetry);
      const reader: AnswerReader = { accepted: (answer) => toDelivery(readAnswer(answer), items, log), explain };
      return post(fetch, { url, headers, body, compression, signal, meanings, reader });
    },
    close,
  };
}

const protobuf = "application/x-protobuf";

/** OTLP has only these sent again; every other error means that the data is not wanted. */
const retryable: ReadonlySet<number> = new Set([429, 502, 503, 504]);

const meanings: Readonly<Record<number, Meaning>> = Object.fromEntries(
  Array.from({ length: 200 }, (_, i) => 400 + i)
    .filter((status) => !retryable.has(status) && status !== 413)
    .map((status) => [status, "rejected"]),
);

/** The endpoint with v1/<signal> added to its path, unless it ends so already. */
function urlOf(endpoint: string, telemetry: Telemetry): string {
  const url = new URL(endpoint);
  const path = url.pathname.replace(/\/+$/, "");
  url.pathname = path.endsWith(`/v1/${telemetry}`) ? path : `${path}/v1/${telemetry}`;
  return url.href;
}

function readAnswer({ contentType, body }: Answer): PartialSuccess {
  return contentType.startsWith(protobuf) ? parseExportResponse(body) : parseExportJson(body.toString());
}

/** Errors are a google.rpc.Status in the encoding of the request, or what a proxy on the way thought of. */
function explain({ contentType, body }: Answer): string {
  if (!contentType.startsWith(protobuf)) return body.toString();
  try {
    return fromBinary(StatusSchema, body).message;
  } catch {
    return "";
  }
}

import { percentDecode } from "../../../schemas/model/percent.ts";
import { addNanos, sumOf } from "../int64.ts";
import { parseQueryParams } from "../query-params.ts";
import type { Scene } from "../scene.ts";
import type { Readers } from "./reader.ts";

/** Attributes of HTTP entries only. */
export const httpReaders: Readers = {
  "request.id": ({ entry }) => entry.requestId ?? entry.streamId,
  "request.method": ({ entry }) => entry.requestMethod,
  "request.host": ({ entry }) => entry.authority,
  "request.path": ({ path }) => path,
  "request.url_path": ({ urlPath }) => urlPath,
  "request.query_params": ({ path }) => (path === undefined ? undefined : parseQueryParams(path)),
  "request.scheme": ({ entry }) => entry.scheme,
  "request.useragent": ({ entry }) => entry.userAgent,
  "request.referer": ({ entry }) => entry.referer,
  "request.headers": ({ entry }) => entry.requestHeaders,
  "request.size": ({ entry }) => entry.requestBodyBytes,
  "request.total_size": ({ entry }) => sumOf(entry.requestHeadersBytes, entry.requestBodyBytes),
  "request.http_version": ({ entry }) => entry.httpVersion,
  "request.forwarded_for": ({ entry }) => entry.forwardedFor,
  "request.time": ({ entry }) => entry.startTime,
  "request.auth.principal": ({ claims }) => claims?.principal,
  "request.auth.audiences": ({ claims }) => claims?.audiences,
  "request.auth.presenter": ({ claims }) => claims?.presenter,
  "request.auth.claims": ({ claims }) => claims?.texts,
  "request.auth.raw_claims": ({ claims }) => claims?.raw,
  "route.name": ({ entry }) => entry.routeName,
  "route.template": ({ routes, service, urlPath, protocol }) =>
    urlPath === undefined ? undefined : routes.template(service.host ?? "", urlPath, protocol === "grpc"),

  "response.code": ({ entry }) => entry.responseCode || undefined,
  "response.code_details": ({ entry }) => entry.responseCodeDetails,
  "response.duration": ({ entry }) => entry.duration ?? entry.timeToLastDownstreamTxByte,
  "response.size": ({ entry }) => entry.responseBodyBytes,
  "response.total_size": ({ entry }) => sumOf(entry.responseHeadersBytes, entry.responseBodyBytes),
  "response.time": ({ entry: { startTime, duration } }) =>
    startTime === undefined || duration === undefined ? undefined : addNanos(startTime, duration),
  "response.headers": ({ entry }) => entry.responseHeaders,
  "response.trailers": ({ entry }) => entry.responseTrailers,
  "response.grpc_status": (scene) => trailerOrHeader(scene, "grpc-status"),
  "response.grpc_message": (scene) => {
    const message = trailerOrHeader(scene, "grpc-message");
    return message === undefined ? undefined : percentDecode(message);
  },

  "trace.id": ({ trace }) => trace?.traceId,
  "trace.span_id": ({ trace }) => trace?.spanId,
  "trace.sampled": ({ trace }) => trace?.sampled,
};

/** A value of the trailers, else of the headers of a trailers-only answer; `-` and empty text are absent. */
function trailerOrHeader({ entry }: Scene, name: string): string | undefined {
  const value = entry.responseTrailers?.get(name) ?? entry.responseHeaders?.get(name);
  return value === "" || value === "-" ? undefined : value;
}

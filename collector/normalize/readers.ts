import type { AttributeName } from "../../schemas/attributes/vocabulary.ts";
import type { Int64, Value } from "../../schemas/model/value.ts";
import { connectionEventOf, weightOf } from "./event.ts";
import { addNanos, differenceOf, sumOf } from "./int64.ts";
import { type PeerField, peerFieldNumber, peerFields } from "./peer.ts";
import { percentDecode } from "./percent.ts";
import { parseQueryParams } from "./query-params.ts";
import type { Scene } from "./scene.ts";
import { cipherName } from "./tls-ciphers.ts";

/** Works one attribute out; undefined where it is absent. */
export type Read = (scene: Scene) => Value | undefined;

/** How attributes are read, by name. */
export type Readers = { readonly [Name in AttributeName]?: Read };

/** Attributes of every entry. */
export const commonReaders: Readers = {
  "context.signal": () => "accesslog",
  "context.event": (scene) => scene.event,
  "context.protocol": (scene) => scene.protocol,
  "context.time": ({ entry }) => entry.startTime,
  "context.timestamp": ({ entry }) => entry.startTime,
  "context.weight": ({ entry }) => weightOf(entry),
  "context.proxy_error_code": ({ entry }) => entry.responseFlags,
  "context.proxy_version": ({ reporter }) => reporter.version,
  "context.reporter.kind": ({ inbound }) => (inbound ? "inbound" : "outbound"),
  "context.reporter.uid": ({ reporter }) => reporter.uid || undefined,
  "context.reporter.local": ({ inbound }) => inbound,
  "context.reporter.cluster": ({ origin }) => origin.identifier.node.cluster || undefined,
  "context.log_name": ({ origin }) => origin.identifier.logName || undefined,

  "upstream.cluster": ({ entry }) => entry.upstreamCluster,
  "upstream.address": ({ entry }) => entry.upstreamRemoteAddress?.ip,
  "upstream.attempts": ({ entry }) => entry.upstreamRequestAttemptCount,
  "upstream.duration": ({ entry }) => differenceOf(entry.timeToLastUpstreamRxByte, entry.timeToFirstUpstreamTxByte),
  "upstream.first_byte.duration": ({ entry }) =>
    differenceOf(entry.timeToFirstUpstreamRxByte, entry.timeToFirstUpstreamTxByte),
  "upstream.failure": ({ entry }) => entry.upstreamTransportFailureReason,

  "connection.mtls": ({ tls }) => tls.mutual,
  "connection.requested_server_name": ({ entry }) => entry.tls?.sni,
  "connection.tls.version": ({ entry }) => entry.tls?.version,
  "connection.tls.cipher": ({ entry }) => {
    const suite = entry.tls?.cipherSuite;
    return suite === undefined ? undefined : cipherName(suite);
  },
  "connection.termination": ({ entry }) => entry.connectionTerminationDetails,

  "origin.ip": ({ entry }) => entry.downstreamRemoteAddress?.ip,
  "source.ip": ({ entry }) => entry.downstreamDirectRemoteAddress?.ip,
  "destination.ip": (scene) => destinationAddress(scene)?.ip,
  "destination.port": (scene) => destinationAddress(scene)?.port,
  "destination.service.host": ({ service }) => service.host,
  "destination.service.name": ({ service }) => service.name,
  "destination.service.namespace": ({ service }) => service.namespace,
  "destination.service.uid": ({ service }) => service.uid,
  "destination.service.subset": ({ subset }) => subset,
  ...peerReaders(),
};

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

/** Attributes of TCP entries only. */
export const tcpReaders: Readers = {
  "connection.id": ({ entry }) => entry.streamId,
  "connection.event": ({ event, growth }) => (growth.again ? undefined : connectionEventOf(event)),
  "connection.opened": ({ growth }) => growth.opened,
  "connection.received.bytes": ({ growth }) => growth.received,
  "connection.received.bytes_total": ({ entry }) => entry.receivedBytes,
  "connection.sent.bytes": ({ growth }) => growth.sent,
  "connection.sent.bytes_total": ({ entry }) => entry.sentBytes,
  "connection.duration": ({ entry, event }) => (event === "end" ? entry.duration : undefined),
};

/** Whether a TCP entry tells anything new; a connection that ended before and has not grown since counts no more. */
export function tellsNews({ again, received, sent }: { again: boolean; received?: Int64; sent?: Int64 }): boolean {
  return !again || (received ?? 0) > 0 || (sent ?? 0) > 0;
}

function destinationAddress({ entry, inbound }: Scene) {
  return inbound ? entry.downstreamLocalAddress : entry.upstreamRemoteAddress;
}

/** A value of the trailers, else of the headers of a trailers-only answer; `-` and empty text are absent. */
function trailerOrHeader({ entry }: Scene, name: string): string | undefined {
  const value = entry.responseTrailers?.get(name) ?? entry.responseHeaders?.get(name);
  return value === "" || value === "-" ? undefined : value;
}

/** Readers of both sides: the reporter's own is the source of what goes out, the destination of what comes in. */
function peerReaders(): Readers {
  const readers: { [Name in AttributeName]?: Read } = { "source.user": readSource("principal") };
  for (const field of peerFields) {
    readers[`source.${field}`] = readSource(field);
    readers[`destination.${field}`] = readDestination(field);
  }
  return readers;
}

function readSource(field: PeerField): Read {
  const number = peerFieldNumber(field);
  return (scene) => (scene.inbound ? scene.other(number) : scene.own(number));
}

function readDestination(field: PeerField): Read {
  const number = peerFieldNumber(field);
  return (scene) => (scene.inbound ? scene.own(number) : scene.other(number));
}

import type { AttributeName } from "../../../schemas/attributes/vocabulary.ts";
import { percentDecode } from "../../../schemas/model/percent.ts";
import { type SpanKey, spanKeyNumber } from "../../../schemas/model/span.ts";
import { spanKinds, spanStatuses } from "../../../schemas/model/span-words.ts";
import { countAt, readOtState } from "../../../schemas/model/trace-state.ts";
import type { Int64, Value } from "../../../schemas/model/value.ts";
import { decisionReaders } from "../decision-values.ts";
import { subtractInt64 } from "../int64.ts";
import { type PeerField, peerFieldNumber, peerFields } from "../peer.ts";
import { parseQueryParams } from "../query-params.ts";
import type { SpanScene } from "./scene.ts";
import { type HostPort, parseHostPort, toCount, toGrpcStatus, toHttpVersion } from "./values.ts";

/** Works one attribute of a span out; undefined where it is absent. */
export type ReadSpan = (scene: SpanScene) => Value | undefined;

/** How attributes are read, by name. */
export type SpanReaders = { readonly [Name in AttributeName]?: ReadSpan };

/** The text of the first of these that is there. */
function text(...names: readonly SpanKey[]): ReadSpan {
  const numbers = names.map(spanKeyNumber);
  return (scene) => scene.text(numbers);
}

/** The count of the first of these that holds one. */
function count(...names: readonly SpanKey[]): (scene: SpanScene) => Int64 | undefined {
  const numbers = names.map(spanKeyNumber);
  return ({ span }) => {
    for (let i = 0; i < numbers.length; i++) {
      const value = toCount(span.value(numbers[i] as number));
      if (value !== undefined) return value;
    }
    return undefined;
  };
}

const statusCode = count("http.response.status_code", "http.status_code");
const httpVersion = text("network.protocol.version", "http.flavor", "http.protocol");
const grpcMessage = text("grpc.message");
const clientAddress = text("client.address", "http.client_ip");
const localAddress = text("network.local.address", "net.host.ip");
const localPort = count("network.local.port", "net.host.port", "server.port");
const peerPort = count("network.peer.port", "net.sock.peer.port", "net.peer.port", "server.port");
const route = text("http.route");
const instance: ReadSpan = ({ resource, node }) => resource.instance ?? (node.uid || undefined);
const grpcStatusKeys = (["rpc.response.status_code", "rpc.grpc.status_code", "grpc.status_code"] as const).map(
  spanKeyNumber,
);

/** Attributes of every span; see the span column of docs/vocabulary.md. */
export const spanReaders: SpanReaders = {
  "context.signal": () => "span",
  "context.event": () => "end",
  "context.protocol": ({ protocol }) => protocol,
  "context.weight": ({ span }) => (span.traceState === "" ? undefined : weightOf(span.traceState)),
  "context.time": ({ span }) => span.startTime,
  "context.timestamp": ({ span }) => span.startTime,
  "context.proxy_error_code": ({ flags }) => flags,
  "context.reporter.kind": ({ side }) => side,
  "context.reporter.uid": instance,
  "context.reporter.local": ({ side }) => (side === undefined ? undefined : side === "inbound"),

  "request.id": text("guid:x-request-id"),
  "request.method": text("http.request.method", "http.method"),
  "request.host": ({ authority }) => authority,
  "request.path": ({ path }) => path,
  "request.url_path": ({ urlPath }) => urlPath,
  "request.query_params": ({ path }) => (path === undefined ? undefined : parseQueryParams(path)),
  "request.scheme": (scene) => schemeAttribute(scene) ?? scene.url.scheme,
  "request.useragent": text("user_agent.original", "http.user_agent", "user_agent"),
  "request.headers": ({ span }) => span.valuesUnder("http.request.header."),
  "request.size": count("http.request.body.size", "request_size", "http.request_content_length"),
  "request.http_version": (scene) => toHttpVersion(httpVersion(scene) as string | undefined),
  "request.time": ({ span }) => span.startTime,
  "request.auth.principal": text("enduser.id"),
  "route.template": (scene) => route(scene) ?? learnedRoute(scene),

  "response.code": (scene) => statusCode(scene) || undefined,
  "response.duration": durationOf,
  "response.size": count("http.response.body.size", "response_size", "http.response_content_length"),
  "response.time": ({ span }) => span.endTime,
  "response.headers": ({ span }) => span.valuesUnder("http.response.header."),
  "response.grpc_status": ({ span }) => {
    for (const key of grpcStatusKeys) {
      const status = toGrpcStatus(span.value(key));
      if (status !== undefined) return status;
    }
    return undefined;
  },
  "response.grpc_message": (scene) => {
    const message = grpcMessage(scene);
    return message === undefined ? undefined : percentDecode(message as string);
  },

  "upstream.cluster": ({ cluster }) => cluster,
  "upstream.address": (scene) => (scene.side === "outbound" ? scene.peerAddress.ip : undefined),
  "upstream.attempts": count("http.request.resend_count"),

  "trace.id": ({ span }) => span.traceId,
  "trace.span_id": ({ span }) => span.spanId,
  "trace.sampled": ({ span }) => (span.flags === undefined ? undefined : (span.flags & 1) === 1),
  "trace.parent_span_id": ({ span }) => span.parentSpanId,
  "trace.state": ({ span }) => span.traceState || undefined,
  "span.name": ({ span }) => span.name || undefined,
  "span.kind": ({ span }) => spanKinds[span.kind - 1],
  "span.status": ({ span }) => spanStatuses[span.statusCode],
  "span.service": ({ resource }) => resource.service,
  "span.size": ({ span }) => span.size,

  "connection.requested_server_name": text("tls.client.server_name"),
  "connection.tls.version": text("tls.protocol.version"),

  ...decisionReaders,

  "origin.ip": (scene) => (scene.inbound ? addressOf(clientAddress(scene)).ip : undefined),
  "source.ip": source,
  "destination.ip": (scene) => destination(scene).ip,
  "destination.port": (scene) => destination(scene).port ?? (scene.inbound ? localPort(scene) : peerPort(scene)),
  "destination.service.host": ({ service }) => service.host,
  "destination.service.name": ({ service }) => service.name,
  "destination.service.namespace": ({ service }) => service.namespace,
  "destination.service.uid": ({ service }) => service.uid,
  "destination.service.subset": ({ clusterName }) => clusterName?.subset,
  ...peerReaders(),
};

/** A span that passed a threshold stands for those that did not. */
function weightOf(traceState: string): number | undefined {
  const { threshold } = readOtState(traceState);
  const weight = threshold === undefined ? 1 : countAt(threshold);
  return weight > 1 ? weight : undefined;
}

const schemeAttribute = text("url.scheme", "http.scheme");
const noAddress: HostPort = { ip: undefined, port: undefined };

function addressOf(value: Value | undefined): HostPort {
  return typeof value === "string" ? parseHostPort(value) : noAddress;
}

function source(scene: SpanScene): string | undefined {
  if (scene.side === undefined) return undefined;
  return scene.inbound ? scene.peerAddress.ip : (addressOf(localAddress(scene)).ip ?? scene.clientAddress.ip);
}

function destination(scene: SpanScene): HostPort {
  if (scene.side === undefined) return noAddress;
  return scene.inbound ? addressOf(localAddress(scene)) : scene.peerAddress;
}

function learnedRoute({ routes, service, urlPath, authority, protocol }: SpanScene): string | undefined {
  if (urlPath === undefined) return undefined;
  return routes.template(service.host ?? authority ?? "", urlPath, protocol === "grpc");
}

/** Absent where a clock went backwards. */
function durationOf({ span: { startTime, endTime } }: SpanScene): Int64 | undefined {
  if (startTime === undefined || endTime === undefined) return undefined;
  const seconds = endTime.seconds - startTime.seconds;
  const nanos = endTime.nanos - startTime.nanos;
  if (seconds < 0 || (seconds === 0 && nanos < 0)) return undefined;
  const total = seconds * 1e9 + nanos;
  return Number.isSafeInteger(total) ? total : subtractInt64(BigInt(seconds) * 1_000_000_000n, -nanos);
}

/** The reporter's own side is the source of what goes out, and the destination of what comes in; of work within a process neither is told. */
function peerReaders(): SpanReaders {
  const readers: { [Name in AttributeName]?: ReadSpan } = { "source.user": readSide("principal", "outbound") };
  for (const field of peerFields) {
    readers[`source.${field}`] = readSide(field, "outbound");
    readers[`destination.${field}`] = readSide(field, "inbound");
  }
  return readers;
}

function readSide(field: PeerField, ownWhen: "inbound" | "outbound"): ReadSpan {
  const number = peerFieldNumber(field);
  return (scene) => {
    if (scene.side === undefined) return undefined;
    return scene.side === ownWhen ? scene.own(number) : scene.other(number);
  };
}

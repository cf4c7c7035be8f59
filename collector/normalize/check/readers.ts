import type { AttributeName } from "../../../schemas/attributes/vocabulary.ts";
import type { Value } from "../../../schemas/model/value.ts";
import { type PeerField, peerFieldNumber, peerFields } from "../peer.ts";
import { parseQueryParams } from "../query-params.ts";
import { hostOf } from "../service.ts";
import type { CheckScene } from "./scene.ts";

/** Works one attribute of a request out; undefined where it is absent. */
type ReadCheck = (scene: CheckScene) => Value | undefined;

const versions: Readonly<Record<string, string>> = {
  ...{ "HTTP/1.0": "1.0", "HTTP/1.1": "1.1", "HTTP/2": "2", "HTTP/2.0": "2", "HTTP/3": "3", "HTTP/3.0": "3" },
};

/** Attributes of the requests that proxies ask about; see the check column of docs/vocabulary.md. */
export const checkReaders: { readonly [Name in AttributeName]?: ReadCheck } = {
  "context.signal": () => "check",
  "context.protocol": ({ protocol }) => protocol,
  "context.time": ({ check }) => check.time,
  "context.timestamp": ({ check }) => check.time,
  "context.reporter.kind": ({ check }) => check.listener.reporter,
  "context.reporter.local": ({ check }) => check.listener.reporter === "inbound",
  "context.extensions": ({ check }) => check.extensions,

  "request.id": (scene) => scene.header("x-request-id") ?? scene.check.id,
  "request.method": ({ check }) => check.method,
  "request.host": ({ check }) => check.host,
  "request.path": ({ path }) => path,
  "request.url_path": ({ urlPath }) => urlPath,
  "request.query_params": ({ path }) => (path === undefined ? undefined : parseQueryParams(path)),
  "request.scheme": ({ check }) => check.scheme,
  "request.useragent": (scene) => scene.header("user-agent"),
  "request.referer": (scene) => scene.header("referer"),
  "request.headers": ({ check }) => check.headers,
  "request.size": ({ check }) => check.size,
  "request.http_version": ({ check }) => versions[check.protocol ?? ""],
  "request.forwarded_for": (scene) => scene.header("x-forwarded-for"),
  "request.time": ({ check }) => check.time,
  "request.auth.principal": ({ claims }) => claims?.principal,
  "request.auth.audiences": ({ claims }) => claims?.audiences,
  "request.auth.presenter": ({ claims }) => claims?.presenter,
  "request.auth.claims": ({ claims }) => claims?.texts,
  "request.auth.raw_claims": ({ claims }) => claims?.raw,
  "route.template": ({ check, routes, urlPath, protocol }) =>
    urlPath === undefined ? undefined : routes.template(hostOf(check.host ?? "") ?? "", urlPath, protocol === "grpc"),

  "trace.id": ({ trace }) => trace?.traceId,
  "trace.span_id": ({ trace }) => trace?.spanId,
  "trace.sampled": ({ trace }) => trace?.sampled,

  "connection.mtls": ({ check: { sourcePrincipal } }) =>
    sourcePrincipal === undefined ? undefined : sourcePrincipal !== "",
  "connection.requested_server_name": ({ check }) => check.sni,
  "origin.ip": ({ clientIp }) => clientIp,
  "source.ip": ({ sourceIp }) => sourceIp,
  "source.user": readSource("principal"),
  ...sourceReaders(),
  "destination.ip": ({ check }) => check.destinationIp,
  "destination.port": ({ check }) => check.destinationPort,
  "destination.principal": readDestination("principal"),
  "destination.namespace": readDestination("namespace"),
  "destination.serviceAccount": readDestination("serviceAccount"),
  "destination.labels": ({ check }) => check.destinationLabels,
};

function sourceReaders(): { readonly [Name in AttributeName]?: ReadCheck } {
  return Object.fromEntries(peerFields.map((field) => [`source.${field}`, readSource(field)]));
}

function readSource(field: PeerField): ReadCheck {
  const number = peerFieldNumber(field);
  return (scene) => scene.other(number);
}

function readDestination(field: PeerField): ReadCheck {
  const number = peerFieldNumber(field);
  return (scene) => scene.own(number);
}

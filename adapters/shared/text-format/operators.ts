import {
  durationNames,
  entryTime,
  type Field,
  milliseconds,
  pathWithQuery,
  protocol,
  startTime,
  variable,
  withDefault,
} from "./fields.ts";

/** Envoy's command operators without arguments, as far as the variables of log entries can say what they say, and our own. */
export const operators: Readonly<Record<string, Field>> = {
  START_TIME: startTime,
  TIME: entryTime,
  SEVERITY: ({ severity }) => severity.toUpperCase(),
  INSTANCE: ({ instance }) => instance,
  TRACE_ID: ({ traceId }) => traceId,
  SPAN_ID: ({ spanId }) => spanId,
  PROTOCOL: protocol,
  RESPONSE_CODE: withDefault(variable("http.response.status_code", "response.code"), "0"),
  RESPONSE_CODE_DETAILS: variable("response.code_details"),
  RESPONSE_FLAGS: variable("context.proxy_error_code"),
  BYTES_RECEIVED: withDefault(
    variable("http.request.body.size", "request.size", "connection.received.bytes_total"),
    "0",
  ),
  BYTES_SENT: withDefault(variable("http.response.body.size", "response.size", "connection.sent.bytes_total"), "0"),
  DURATION: milliseconds(...durationNames),
  UPSTREAM_HOST: variable("upstream.address"),
  UPSTREAM_CLUSTER: variable("upstream.cluster"),
  UPSTREAM_REQUEST_ATTEMPT_COUNT: variable("upstream.attempts"),
  UPSTREAM_TRANSPORT_FAILURE_REASON: variable("upstream.failure"),
  ROUTE_NAME: variable("route.name"),
  GRPC_STATUS_NUMBER: variable("rpc.grpc.status_code", "response.grpc_status"),
  REQUESTED_SERVER_NAME: variable("tls.client.server_name", "connection.requested_server_name"),
  DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: variable("client.address", "origin.ip", "source.ip"),
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT: variable("network.peer.address", "source.ip"),
  DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: variable("destination.address", "destination.ip"),
  DOWNSTREAM_LOCAL_PORT: variable("destination.port"),
  DOWNSTREAM_TLS_VERSION: variable("tls.protocol.version", "connection.tls.version"),
  DOWNSTREAM_TLS_CIPHER: variable("tls.cipher", "connection.tls.cipher"),
  CONNECTION_ID: variable("connection.id"),
  CONNECTION_TERMINATION_DETAILS: variable("connection.termination"),
};

/** Request headers that are variables of their own. */
const requestHeaders = tableOf({
  ":method": variable("http.request.method", "request.method"),
  ":path": pathWithQuery,
  "x-envoy-original-path": pathWithQuery,
  ":authority": variable("request.host", "server.address"),
  ":scheme": variable("url.scheme", "request.scheme"),
  "user-agent": variable("user_agent.original", "request.useragent"),
  referer: variable("http.request.header.referer", "request.referer"),
  "x-request-id": variable("request.id"),
  "x-forwarded-for": variable("request.forwarded_for", "client.address"),
});

const responseHeaders = tableOf({ "x-envoy-upstream-service-time": milliseconds("upstream.duration") });

/** Envoy's operators that take the name of a header. */
export const headerOperators: Readonly<Record<string, (name: string) => Field>> = {
  REQ: (name) => requestHeaders.get(name) ?? variable(`http.request.header.${name}`),
  RESP: (name) => responseHeaders.get(name) ?? variable(`http.response.header.${name}`),
};

/** A map, because headers may be named like what every object has. */
function tableOf(fields: Readonly<Record<string, Field>>): ReadonlyMap<string, Field> {
  return new Map(Object.entries(fields));
}

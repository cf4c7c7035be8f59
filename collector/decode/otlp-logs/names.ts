/** What access logs say, whatever they call it. */
export type LogName =
  | "method"
  | "path"
  | "protocol"
  | "scheme"
  | "code"
  | "flags"
  | "details"
  | "termination"
  | "failure"
  | "received"
  | "sent"
  | "duration"
  | "upstreamTime"
  | "forwardedFor"
  | "userAgent"
  | "referer"
  | "requestId"
  | "authority"
  | "upstream"
  | "cluster"
  | "upstreamLocal"
  | "local"
  | "remote"
  | "direct"
  | "serverName"
  | "route"
  | "grpcStatus"
  | "attempts"
  | "connectionId";

/** Names of members and attributes: Istio's JSON, what Envoy's documentation uses, and OpenTelemetry's conventions. */
const spellings: Readonly<Record<LogName, readonly string[]>> = {
  method: ["method", "request_method", "http.request.method", "http.method"],
  path: ["path", "request_path", "url.path", "http.target"],
  protocol: ["protocol", "http.protocol", "network.protocol.version"],
  scheme: ["scheme", "url.scheme"],
  code: ["response_code", "status", "status_code", "http.response.status_code", "http.status_code"],
  flags: ["response_flags", "flags"],
  details: ["response_code_details", "code_details"],
  termination: ["connection_termination_details"],
  failure: ["upstream_transport_failure_reason"],
  received: ["bytes_received", "request_size", "http.request.body.size"],
  sent: ["bytes_sent", "response_size", "http.response.body.size"],
  duration: ["duration", "duration_ms"],
  upstreamTime: ["upstream_service_time"],
  forwardedFor: ["x_forwarded_for", "forwarded_for"],
  userAgent: ["user_agent", "user_agent.original"],
  referer: ["referer"],
  requestId: ["request_id", "x_request_id"],
  authority: ["authority", "host", "server.address", "http.host"],
  upstream: ["upstream_host", "upstream_remote_address", "upstream_address"],
  cluster: ["upstream_cluster", "upstream_cluster_raw"],
  upstreamLocal: ["upstream_local_address"],
  local: ["downstream_local_address"],
  remote: ["downstream_remote_address"],
  direct: ["downstream_direct_remote_address"],
  serverName: ["requested_server_name"],
  route: ["route_name"],
  grpcStatus: ["grpc_status", "grpc_status_number", "rpc.grpc.status_code"],
  attempts: ["upstream_request_attempt_count"],
  connectionId: ["connection_id", "stream_id"],
};

const names: ReadonlyMap<string, LogName> = new Map(
  Object.entries(spellings).flatMap(([name, all]) => all.map((spelling) => [spelling, name as LogName] as const)),
);

/** What a member or attribute of this name says; undefined for any other. */
export function logNameOf(member: string): LogName | undefined {
  return names.get(member);
}

/** Whether a request or connection failed, as statistics count it: 5xx, a gRPC status like it, or no response at all but for the client's leaving. */
const failed = `(response.code | 0) >= 500
  || (response.grpc_status | "0") in ["2", "4", "8", "12", "13", "14", "15"]
  || (!has(response.code) && !has(response.grpc_status)
    && (context.proxy_error_code | "DC").split(",").exists(flag, flag != "DC"))`;

const outbound = `(context.reporter.kind | "inbound") == "outbound"`;

/** When something ended, by the clock of its reporter. */
const timestamp = "response.time | request.time | context.time";

/** What fills the settings of log entries that a configuration leaves out. */
export const logEntryDefaults = {
  severity: `${failed} ? "error" : "info"`,
  timestamp,
} as const;

/** What fills the settings of edges that a configuration leaves out. */
export const edgeDefaults = {
  source: {
    name: "source.name",
    namespace: "source.namespace | source.workload.namespace",
    workload: "source.workload.name",
    service: "source.canonical.name",
    uid: "source.uid",
    owner: "source.owner",
    cluster: "source.cluster.id",
  },
  destination: {
    name: "destination.name",
    namespace: "destination.namespace | destination.workload.namespace | destination.service.namespace",
    workload: "destination.workload.name",
    service: "destination.service.name | destination.canonical.name",
    uid: "destination.uid",
    owner: "destination.owner",
    cluster: "destination.cluster.id",
  },
  protocol: "context.protocol",
  timestamp,
} as const;

/** What fills the settings of spans that a configuration leaves out. */
export const traceSpanDefaults = {
  name: `(context.protocol | "") == "grpc" && has(request.url_path) ? request.url_path.substring(1)
    : has(request.method) ? request.method + ((" " + route.template) | "")
    : context.protocol | "request"`,
  kind: `${outbound} ? "client" : "server"`,
  // A server is not at fault for what clients do wrong; to a client every error is one.
  status: `${failed}
    || (${outbound} && ((response.code | 0) >= 400 || (response.grpc_status | "0") != "0")) ? "error" : "unset"`,
  service: `${outbound} ? source.canonical.name | source.workload.name | "unknown"
    : destination.service.name | destination.canonical.name | destination.workload.name | "unknown"`,
  traceId: "trace.id",
  parentSpanId: "trace.span_id",
  startTime: "request.time | context.time",
  endTime: "response.time | ((request.time | context.time) + response.duration)",
  // A map without the key makes the attribute absent where nothing failed.
  errorType: `{true: string(response.code) | context.proxy_error_code | "_OTHER"}[${failed}]`,
} as const;

import type { Int64, Timestamp, Value } from "../../schemas/model/value.ts";
import type { Derivation } from "./derive.ts";
import { addNanos, subtractInt64 } from "./int64.ts";
import { parseQueryParams, urlPathOf } from "./query-params.ts";
import type { RouteTemplates } from "./route-templates.ts";
import { hostOf } from "./service.ts";

/** What follows within one request, whoever reports it. */
export function requestDerivations(routes: RouteTemplates): readonly Derivation[] {
  return [
    {
      attribute: "request.time",
      from: ["response.time", "response.duration"],
      make: (end, duration) => (duration === undefined ? undefined : shift(end, subtractInt64(0, duration as Int64))),
    },
    { attribute: "response.time", from: ["request.time", "response.duration"], make: shift },
    { attribute: "context.time", from: ["request.time"], make: (time) => time },
    { attribute: "context.timestamp", from: ["context.time"], make: (time) => time },
    {
      attribute: "request.url_path",
      from: ["request.path"],
      make: (path) => (typeof path === "string" ? urlPathOf(path) : undefined),
    },
    {
      attribute: "request.query_params",
      from: ["request.path"],
      make: (path) => (typeof path === "string" ? parseQueryParams(path) : undefined),
    },
    {
      attribute: "route.template",
      from: ["request.url_path", "destination.service.host", "request.host", "context.protocol"],
      make: (path, service, authority, protocol) =>
        typeof path === "string"
          ? routes.template(hostNamed(service, authority), path, protocol === "grpc")
          : undefined,
    },
  ];
}

function shift(time: Value | undefined, nanos: Value | undefined): Timestamp | undefined {
  return time === undefined || nanos === undefined ? undefined : addNanos(time as Timestamp, nanos as Int64);
}

function hostNamed(service: Value | undefined, authority: Value | undefined): string {
  if (typeof service === "string") return service;
  return (typeof authority === "string" ? hostOf(authority) : undefined) ?? "";
}

/** What a log line of a proxy says beside its members; `reporter` is the side it stands on, unless the line tells. */
export function logDerivations(reporter: "inbound" | "outbound"): readonly Derivation[] {
  return [
    { attribute: "context.signal", from: [], make: () => "accesslog" },
    { attribute: "context.event", from: [], make: () => "end" },
    { attribute: "context.reporter.kind", from: [], make: () => reporter },
    {
      attribute: "context.reporter.local",
      from: ["context.reporter.kind"],
      make: (kind) => kind === "inbound",
    },
    {
      attribute: "context.protocol",
      from: ["response.grpc_status"],
      make: (status) => (status === undefined ? "http" : "grpc"),
    },
    ...ownSide("source", "outbound"),
    ...ownSide("destination", "inbound"),
    {
      attribute: "destination.service.host",
      from: ["request.host"],
      make: (authority) => (typeof authority === "string" ? hostOf(authority) : undefined),
    },
    { attribute: "destination.service.name", from: ["upstream.cluster"], make: (cluster) => cluster },
    {
      attribute: "connection.opened",
      from: ["context.protocol", "connection.event"],
      make: (protocol, event) => (protocol === "tcp" && event === "close" ? true : undefined),
    },
  ];
}

/** The proxy itself is the source of what goes out, and the destination of what comes in. */
function ownSide(side: "source" | "destination", kind: "inbound" | "outbound"): Derivation[] {
  return [
    {
      attribute: `${side}.workload.name`,
      from: ["context.reporter.kind", "context.log_name"],
      make: (reporter, app) => (reporter === kind ? app : undefined),
    },
  ];
}

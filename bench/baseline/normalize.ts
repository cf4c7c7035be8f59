import type { Attributes } from "./interpret.ts";

/** A decoded protobuf message as protobufjs gives it. */
export type Message = Readonly<Record<string, unknown>>;

const methods = ["", "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

/**
 * What the default configuration reads of an HTTP entry of a plain Envoy, written the straightforward way: from a message
 * object to attributes by name. It does less than the hub's normalization (no peers, no Istio names), in the baseline's favour.
 */
export function normalize(entry: Message, node: Message): Attributes {
  const attributes = new Map<string, unknown>();
  const set = (name: string, value: unknown) => {
    if (value !== undefined && value !== null && value !== "") attributes.set(name, value);
  };
  const common = (entry.commonProperties ?? {}) as Message;
  const request = (entry.request ?? {}) as Message;
  const response = (entry.response ?? {}) as Message;
  const cluster = common.upstreamCluster as string | undefined;
  set("context.signal", "accesslog");
  set("context.protocol", "http");
  set("context.event", common.accessLogType === 6 ? "end" : "start");
  set("context.reporter.kind", cluster?.startsWith("inbound|") ? "inbound" : "outbound");
  set("context.proxy_error_code", flagsOf(common.responseFlags as Message | null));
  set("source.workload.name", node.cluster);
  set("upstream.cluster", cluster);
  set("destination.service.host", (request.authority as string | undefined)?.split(":")[0]);
  set("destination.service.name", cluster);
  set("request.method", methods[(request.requestMethod as number | undefined) ?? 0]);
  set("request.size", Number(request.requestBodyBytes ?? 0));
  set("response.size", Number(response.responseBodyBytes ?? 0));
  set("response.code", (response.responseCode as Message | null)?.value);
  set("response.duration", nanosOf(common.duration as Message | null));
  return attributes;
}

function nanosOf(duration: Message | null | undefined): number | undefined {
  return duration ? Number(duration.seconds ?? 0) * 1e9 + Number(duration.nanos ?? 0) : undefined;
}

function flagsOf(flags: Message | null | undefined): string | undefined {
  return flags ? Object.keys(flags).join(",") : undefined;
}

import { describe, expect, it } from "vitest";
import { valueTypes } from "../model/value.ts";
import { builtInAttributes, createVocabulary, slotOf } from "./vocabulary.ts";

/** Every attribute of Mixer's manifests `istioproxy` and `kubernetes`, with its type. */
const mixer: Readonly<Record<string, readonly string[]>> = {
  IP_ADDRESS: ["origin.ip", "source.ip", "destination.ip"],
  STRING_MAP: [
    ...["request.headers", "request.query_params", "request.auth.claims", "response.headers"],
    ...["source.labels", "destination.labels", "source.metadata", "destination.metadata"],
  ],
  INT64: [
    ...["request.size", "request.total_size", "response.code", "response.size", "response.total_size"],
    ...["destination.port", "check.error_code"],
    ...["connection.received.bytes", "connection.received.bytes_total"],
    ...["connection.sent.bytes", "connection.sent.bytes_total"],
  ],
  TIMESTAMP: ["request.time", "response.time", "context.timestamp", "context.time"],
  DURATION: ["response.duration", "connection.duration"],
  BOOL: ["connection.mtls", "context.reporter.local", "check.cache_hit", "quota.cache_hit"],
  STRING: [
    ...["origin.uid", "origin.user", "request.id", "request.host", "request.method", "request.path"],
    ...["request.url_path", "request.reason", "request.referer", "request.scheme", "request.useragent"],
    ...["request.api_key", "request.auth.principal", "request.auth.audiences", "request.auth.presenter"],
    ...["request.auth.raw_claims", "response.grpc_status", "response.grpc_message"],
    ...["source.uid", "source.user", "source.principal", "destination.principal", "destination.uid"],
    ...["connection.event", "connection.id", "connection.requested_server_name"],
    ...["context.protocol", "context.proxy_error_code", "context.reporter.kind", "context.reporter.uid"],
    ...["context.proxy_version", "api.service", "api.version", "api.operation", "api.protocol"],
    ...["rbac.permissive.response_code", "rbac.permissive.effective_policy_id", "check.error_message"],
    ...["source.name", "source.namespace", "source.owner", "source.serviceAccount", "source.services"],
    ...["source.workload.uid", "source.workload.name", "source.workload.namespace"],
    ...["destination.name", "destination.namespace", "destination.owner", "destination.serviceAccount"],
    ...["destination.container.name", "destination.service.uid", "destination.service.name"],
    ...["destination.service.namespace", "destination.service.host"],
    ...["destination.workload.uid", "destination.workload.name", "destination.workload.namespace"],
  ],
};

/** Every attribute of Mixdown's own. */
const ours: Readonly<Record<string, readonly string[]>> = {
  STRING: [
    ...["context.signal", "context.event", "context.reporter.cluster", "context.log_name"],
    ...["request.http_version", "request.forwarded_for", "route.name", "route.template", "response.code_details"],
    ...["upstream.cluster", "upstream.failure", "trace.id", "trace.span_id", "trace.parent_span_id", "trace.state"],
    ...["span.name", "span.kind", "span.status", "span.service"],
    ...["check.rule", "check.verdict", "check.revision", "check.shadow", "ratelimit.domain"],
    ...["connection.tls.version", "connection.tls.cipher", "connection.termination"],
    ...["source.canonical.name", "source.canonical.revision", "source.cluster.id", "source.version"],
    ...["destination.canonical.name", "destination.canonical.revision", "destination.cluster.id"],
    ...["destination.version", "destination.service.subset"],
    ...["metric.name", "metric.kind", "metric.unit", "metric.scope"],
    ...["call.client", "call.server", "call.type", "call.virtual"],
  ],
  STRING_MAP: ["response.trailers", "context.extensions", "ratelimit.descriptor", "metric.resource"],
  INT64: ["upstream.attempts", "ratelimit.hits", "span.size"],
  DOUBLE: ["context.weight"],
  BOOL: ["trace.sampled", "connection.opened", "call.failed", "call.dropped"],
  DURATION: [
    ...["upstream.duration", "upstream.first_byte.duration"],
    ...["call.client.duration", "call.server.duration", "call.queue.duration"],
  ],
  IP_ADDRESS: ["upstream.address"],
};

const rows = (lists: typeof mixer, own: boolean) =>
  Object.entries(lists).flatMap(([type, names]) => names.map((name) => [name, type, own] as const));
const expected = [...rows(mixer, false), ...rows(ours, true)];

describe("the vocabulary", () => {
  it.each(expected)("declares %s as %s (ours: %s)", (name, type, own) => {
    const attribute = builtInAttributes.find((each) => each.name === name);
    expect(attribute).toMatchObject({ name, type });
    expect(attribute?.ours ?? false).toBe(own);
  });

  it("declares nothing else, and nothing twice", () => {
    expect(builtInAttributes.map(({ name }) => name).toSorted()).toEqual(expected.map(([name]) => name).toSorted());
  });

  it("says of every attribute what it means, and nothing empty", () => {
    for (const attribute of builtInAttributes) {
      const {
        meaning,
        otel = "-",
        accessLog = "-",
        check = "-",
        limit = "-",
        span = ["-"],
        spanField = "-",
        call = "-",
      } = attribute;
      expect(meaning).toMatch(/\.$/);
      expect([otel, accessLog, check, limit, spanField, call, ...span].filter((text) => text === "")).toEqual([]);
      expect(valueTypes).toContain(attribute.type);
    }
  });

  it("gives slots in order, those of a configuration behind its own", () => {
    const vocabulary = createVocabulary([{ name: "tenant", type: "STRING", meaning: "" }]);
    expect(vocabulary.slot("context.signal")).toBe(0);
    expect(vocabulary.slot("request.method")).toBe(slotOf("request.method"));
    expect(vocabulary.slot("tenant")).toBe(builtInAttributes.length);
    expect([vocabulary.typeOf("tenant"), vocabulary.typeOf("request.size")]).toEqual(["STRING", "INT64"]);
    expect([vocabulary.slot("nothing"), vocabulary.typeOf("nothing")]).toEqual([undefined, undefined]);
  });
});

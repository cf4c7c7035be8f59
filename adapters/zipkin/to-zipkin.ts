import { isIP } from "node:net";
import type { OtlpAttributes, OtlpSpan, OtlpValue } from "./read-spans.ts";

/** A span as Zipkin v2 has it in JSON; what is absent is left out. */
export interface ZipkinSpan {
  readonly traceId: string;
  readonly id: string;
  readonly parentId?: string;
  readonly name?: string;
  readonly kind?: string;
  readonly timestamp?: number;
  readonly duration?: number;
  readonly localEndpoint?: Endpoint;
  readonly remoteEndpoint?: Endpoint;
  readonly annotations?: readonly { readonly timestamp: number; readonly value: string }[];
  readonly tags?: Readonly<Record<string, string>>;
  readonly shared?: true;
  readonly debug?: true;
}

interface Endpoint {
  readonly serviceName?: string;
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly port?: number;
}

/** SpanKind of OTLP: what is internal has none. */
const kinds: readonly (string | undefined)[] = [undefined, undefined, "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];
/** Attributes that name the other end, the first that is there. */
const remoteNames = [
  ...["peer.service", "service.peer.name", "server.address", "net.peer.name", "network.peer.address"],
  ...["server.socket.domain", "server.socket.address", "net.sock.peer.name", "net.sock.peer.addr"],
  ...["peer.hostname", "peer.address", "db.name"],
];
/** Attributes that a span got from Zipkin's own fields, to which they go back. */
const own: ReadonlySet<string> = new Set([
  ...["network.local.address", "network.local.port", "network.peer.address", "network.peer.port"],
  ...["zipkin.shared", "zipkin.debug", "otel.zipkin.absentField.startTime"],
]);

/** Brings a span to Zipkin by OpenTelemetry's mapping. Links have no place there. */
export function toZipkin(span: OtlpSpan): ZipkinSpan {
  const { attributes, resource, events } = span;
  const remote =
    span.kind === 3 || span.kind === 4 || attributes.has("network.peer.address") ? remoteOf(span) : undefined;
  const local = endpointOf(text(resource.get("service.name")), attributes, "network.local");
  const tags = tagsOf(span);
  return {
    traceId: span.traceId,
    id: span.spanId,
    ...(/^0*$/.test(span.parentSpanId) ? {} : { parentId: span.parentSpanId }),
    ...(span.name === "" ? {} : { name: span.name }),
    ...(kinds[span.kind] === undefined ? {} : { kind: kinds[span.kind] as string }),
    ...timesOf(span),
    ...(local && { localEndpoint: local }),
    ...(remote && { remoteEndpoint: remote }),
    ...(events.length > 0 && { annotations: events.map(toAnnotation) }),
    ...(Object.keys(tags).length > 0 && { tags }),
    ...(attributes.get("zipkin.shared") === true && { shared: true as const }),
    ...(attributes.get("zipkin.debug") === true && { debug: true as const }),
  };
}

/** Whole microseconds; a duration is at least one. */
function timesOf({ startNanos, endNanos, attributes }: OtlpSpan): Pick<ZipkinSpan, "timestamp" | "duration"> {
  const isPartial = startNanos === 0n || attributes.get("otel.zipkin.absentField.startTime") === true;
  const lasted = endNanos > startNanos ? Math.max(1, Number((endNanos - startNanos) / 1000n)) : undefined;
  return {
    ...(isPartial ? {} : { timestamp: Number(startNanos / 1000n) }),
    ...(lasted === undefined ? {} : { duration: lasted }),
  };
}

function remoteOf({ attributes }: OtlpSpan): Endpoint | undefined {
  const name = remoteNames.map((key) => text(attributes.get(key))).find((found) => found !== undefined);
  return endpointOf(name !== undefined && isIP(name) === 0 ? name : undefined, attributes, "network.peer");
}

function endpointOf(serviceName: string | undefined, attributes: OtlpAttributes, prefix: string): Endpoint | undefined {
  const ip = text(attributes.get(`${prefix}.address`)) ?? "";
  const port = Number(attributes.get(`${prefix}.port`) ?? 0);
  const version = isIP(ip);
  const endpoint = {
    ...(serviceName !== undefined && { serviceName }),
    ...(version === 4 && { ipv4: ip }),
    ...(version === 6 && { ipv6: ip }),
    ...(version > 0 && Number.isInteger(port) && port > 0 && { port }),
  };
  return Object.keys(endpoint).length === 0 ? undefined : endpoint;
}

function toAnnotation({ nanos, name, attributes }: OtlpSpan["events"][number]) {
  const value = attributes.size === 0 ? name : `${JSON.stringify(name)}: ${toJson(Object.fromEntries(attributes))}`;
  return { timestamp: Number(nanos / 1000n), value };
}

function tagsOf({ attributes, resource, scope, status, traceState }: OtlpSpan): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const [name, value] of resource) if (name !== "service.name") tags[name] = toTag(value);
  for (const [name, value] of attributes) {
    if (own.has(name) || (name === "error" && (value === false || value === "false"))) continue;
    tags[name] = toTag(value);
  }
  if (scope.name !== "") tags["otel.scope.name"] = scope.name;
  if (scope.version !== "") tags["otel.scope.version"] = scope.version;
  if (traceState !== "") tags["w3c.tracestate"] = traceState;
  if (status.code === 1) tags["otel.status_code"] = "OK";
  if (status.code === 2) {
    tags["otel.status_code"] = "ERROR";
    tags.error ??= status.message;
  }
  return tags;
}

function text(value: OtlpValue | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Text as it is; numbers and truth values in words; lists and maps as JSON. */
function toTag(value: OtlpValue): string {
  if (typeof value === "string") return value;
  return typeof value === "object" ? toJson(value) : String(value);
}

/** JSON with whole numbers of any size as numbers. */
function toJson(value: OtlpValue): string {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[${value.map(toJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, part]) => `${JSON.stringify(name)}:${toJson(part)}`)
    .join(",")}}`;
}

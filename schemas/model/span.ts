import type { PlainValue } from "./instance.ts";
import type { Int64, Timestamp } from "./value.ts";

/** The attributes of spans and their resources that anything is made of; all others are passed over. Numbers are places in this list. */
export const spanKeys = [
  // HTTP, newer names before older ones
  ...["http.request.method", "http.method", "http.response.status_code", "http.status_code", "http.route"],
  ...["url.path", "url.query", "url.full", "http.url", "http.target", "url.scheme", "http.scheme"],
  ...["server.address", "server.port", "http.host", "user_agent.original", "http.user_agent"],
  ...["http.request.body.size", "http.response.body.size", "http.request_content_length"],
  ...["http.response_content_length", "http.request.resend_count", "network.protocol.version", "http.flavor"],
  ...["client.address", "http.client_ip", "enduser.id"],
  // RPC
  ...["rpc.system.name", "rpc.system", "rpc.response.status_code", "rpc.grpc.status_code"],
  // The network, newer names before older ones
  ...["network.peer.address", "network.peer.port", "network.local.address", "network.local.port"],
  ...["net.sock.peer.addr", "net.sock.peer.port", "net.peer.ip", "net.peer.port", "net.host.ip", "net.host.port"],
  ...["net.peer.name", "net.host.name", "service.peer.name", "peer.service"],
  ...["tls.protocol.version", "tls.client.server_name"],
  // Envoy's and Istio's tags
  ...["guid:x-request-id", "node_id", "component", "http.protocol", "upstream_cluster.name", "upstream_cluster"],
  ...["upstream_address", "peer.address", "downstream_cluster", "user_agent", "request_size", "response_size"],
  ...["response_flags", "grpc.status_code", "grpc.message", "grpc.path", "grpc.authority", "grpc.content_type"],
  ...["istio.canonical_service", "istio.canonical_revision", "istio.namespace", "istio.cluster_id"],
  // Databases and queues, newer names before older ones
  ...["db.system.name", "db.system", "db.namespace", "db.name"],
  ...["messaging.system", "messaging.destination.name"],
  // Set by the conversion of Zipkin's spans
  ...["zipkin.shared"],
] as const;

/** The name of such an attribute. */
export type SpanKey = (typeof spanKeys)[number];

const keyNumbers: ReadonlyMap<string, number> = new Map(spanKeys.map((key, number) => [key, number]));

/** The place of an attribute in `spanKeys`. */
export function spanKeyNumber(key: SpanKey): number {
  return keyNumbers.get(key) as number;
}

/** A scalar of OTLP; bytes, lists and maps are none. */
export type SpanValue = string | Int64 | boolean;

/** SpanKind of OTLP. */
export const spanKind = { unspecified: 0, internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;

/** What spans have in common that come from one process; the same object for the same bytes, as far as a bounded cache goes. */
export interface SpanResource {
  /** Attributes that are text, numbers or truth values, as text. */
  readonly attributes: ReadonlyMap<string, string>;
}

/** A span that another one follows from, such as the sending of a message that is received. */
export interface SpanLink {
  /** Lower-case hex. */
  readonly traceId: string;
  readonly spanId: string;
}

/** One span as it stands on the wire, over its bytes: values decode when they are read. Valid only until the next one is read. */
export interface RawSpan {
  readonly resource: SpanResource;
  /** Lower-case hex. */
  readonly traceId: string;
  readonly spanId: string;
  /** Lower-case hex; undefined on a root. */
  readonly parentSpanId: string | undefined;
  /** Trace and span id as one text of 24 characters, a byte each: for tables of spans. */
  readonly key: string;
  /** The same of its parent. */
  readonly parentKey: string | undefined;
  /** W3C tracestate; empty where there is none. */
  readonly traceState: string;
  readonly name: string;
  /** One of `spanKind`, or a later one. */
  readonly kind: number;
  /** Undefined where it is not known (0 on the wire). */
  readonly startTime: Timestamp | undefined;
  readonly endTime: Timestamp | undefined;
  /** The flags field; undefined from senders that do not know it. */
  readonly flags: number | undefined;
  /** 0 unset, 1 OK, 2 error. */
  readonly statusCode: number;
  /** Bytes of its message. */
  readonly size: number;
  /** The first few of its links whose ids are sound. */
  readonly links: readonly SpanLink[];
  /** A scalar attribute, by its number in `spanKeys`. */
  value(key: number): SpanValue | undefined;
  /** Attributes whose names begin so, by the rest of their names in lower case; lists joined by commas. */
  valuesUnder(prefix: string): ReadonlyMap<string, string> | undefined;
}

/** A span that was refused. */
export interface RejectedSpan {
  /** For counting; one of a few. */
  readonly reason: string;
  /** For the sender: which span, what was expected and what came. */
  readonly error: string;
}

/** Spans of one resource, wrapped so that pieces one behind the other are a request: the resource_spans field of ExportTraceServiceRequest. */
export interface SpanPiece {
  readonly bytes: Uint8Array;
  readonly spans: number;
}

/** What stands around a span: everything of its resource and of its scope but what is below them, as it came. */
export interface SpanSurroundings {
  readonly resource: Uint8Array;
  readonly scope: Uint8Array;
}

/** A span out of its request, and the threshold that it is to say it passed, if any; see `OtState`. */
export interface LooseSpan {
  readonly bytes: Uint8Array;
  readonly threshold: string | undefined;
}

/** Spans of one scope, and what stands around them there. */
export interface ScopeOfSpans {
  readonly scope: Uint8Array;
  readonly spans: readonly LooseSpan[];
}

/** Puts spans of one resource back into what stood around them. */
export type WrapSpans = (resource: Uint8Array, scopes: readonly ScopeOfSpans[]) => readonly SpanPiece[];

/** What is to be changed of the attributes of spans. Names are those that attributes have as they come. */
export interface SpanEdits {
  readonly rename: ReadonlyMap<string, string>;
  readonly redact: ReadonlySet<string>;
  readonly delete: ReadonlySet<string>;
  /** What redacted attributes become. */
  readonly mask: string;
  /** Only traces that pass this threshold are kept of the span with this number; undefined: all. See `OtState`. */
  threshold(place: number): string | undefined;
  /** Attributes that the span with this number gets. */
  set(place: number): Readonly<Record<string, PlainValue>>;
}

/** The spans of one request, one after the other; each is valid until the next call. Those that are malformed are refused alone. */
export interface SpanBatch {
  /** They are counted under this name. */
  readonly source: string;
  next(): RawSpan | undefined;
  /** Spans refused so far in this turn. */
  readonly malformed: number;
  /** The number of the span that was given last. */
  readonly place: number;
  /** The spans with these numbers, which ascend, as they came but for the edits. */
  cut(places: readonly number[], edits?: SpanEdits): readonly SpanPiece[];
  /**
   * The same spans one by one, whatever their thresholds: `index` is that in `places`. The bytes stay as they are for as long
   * as those of the request. What stands around spans of one resource or scope is one object.
   */
  lift(places: readonly number[], edits: SpanEdits | undefined, take: TakeSpan): void;
}

/** Takes a span out of its request. */
export type TakeSpan = (index: number, around: SpanSurroundings, bytes: Uint8Array) => void;

import type { TextHasher } from "./text-hasher.ts";
import type { Int64, Timestamp } from "./value.ts";

/** An address of envoy.config.core.v3; pipes and internal listeners have no ip. */
export interface Address {
  /** Canonical text (RFC 5952, IPv4-mapped as IPv4), or undefined if the address is no IP. */
  readonly ip: string | undefined;
  readonly port: number | undefined;
}

/** One side's certificate. */
export interface CertificateProperties {
  readonly uriSans: readonly string[];
  readonly dnsSans: readonly string[];
  readonly subject: string | undefined;
  readonly issuer: string | undefined;
  /** The message was there but held nothing: no client certificate. */
  readonly empty: boolean;
}

/** TLS of the downstream connection. */
export interface TlsProperties {
  /** `1.0` `1.1` `1.2` `1.3`, undefined if unspecified. */
  readonly version: string | undefined;
  /** IANA cipher suite number. */
  readonly cipherSuite: number | undefined;
  readonly sni: string | undefined;
  readonly localCertificate: CertificateProperties | undefined;
  readonly peerCertificate: CertificateProperties | undefined;
  readonly sessionId: string | undefined;
  readonly ja3: string | undefined;
}

/** A google.protobuf.Struct as plain JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** envoy.config.core.v3.Node without its extensions. */
export interface EnvoyNode {
  readonly id: string;
  readonly cluster: string;
  readonly metadata: { readonly [key: string]: Json };
  readonly locality: { readonly region: string; readonly zone: string; readonly subZone: string } | undefined;
  readonly userAgentName: string | undefined;
  /** user_agent_version, or the build version as "major.minor.patch". */
  readonly userAgentVersion: string | undefined;
}

/** StreamAccessLogsMessage.Identifier. */
export interface Identifier {
  readonly node: EnvoyNode;
  readonly logName: string;
}

/**
 * One entry of Envoy's gRPC access log as it stands on the wire (envoy.data.accesslog.v3), each field undefined if absent.
 * Durations are nanoseconds. Implementations may decode lazily; an entry is valid only until the next one is read.
 */
export interface AccessLogEntry {
  readonly kind: "http" | "tcp";
  readonly sampleRate: number | undefined;
  readonly downstreamRemoteAddress: Address | undefined;
  readonly downstreamLocalAddress: Address | undefined;
  readonly downstreamDirectRemoteAddress: Address | undefined;
  readonly upstreamRemoteAddress: Address | undefined;
  readonly upstreamLocalAddress: Address | undefined;
  readonly tls: TlsProperties | undefined;
  readonly startTime: Timestamp | undefined;
  readonly timeToLastRxByte: Int64 | undefined;
  readonly timeToFirstUpstreamTxByte: Int64 | undefined;
  readonly timeToLastUpstreamTxByte: Int64 | undefined;
  readonly timeToFirstUpstreamRxByte: Int64 | undefined;
  readonly timeToLastUpstreamRxByte: Int64 | undefined;
  readonly timeToFirstDownstreamTxByte: Int64 | undefined;
  readonly timeToLastDownstreamTxByte: Int64 | undefined;
  readonly duration: Int64 | undefined;
  readonly upstreamCluster: string | undefined;
  /** Short codes joined by commas in field order, for example "UF,URX"; undefined if none is set. */
  readonly responseFlags: string | undefined;
  /** Dynamic metadata of one filter, for example envoy.filters.http.jwt_authn. */
  filterMetadata(filter: string): { readonly [key: string]: Json } | undefined;
  /** Up to eight fields of it, by their ASCII names; reads no other. Undefined where the filter has none. */
  filterFields(filter: string, names: readonly string[]): readonly (Json | undefined)[] | undefined;
  /** Hashes one field of it that is text; false if it is absent. */
  hashFilterField(filter: string, name: readonly [string], hash: TextHasher): boolean;
  readonly upstreamTransportFailureReason: string | undefined;
  readonly downstreamTransportFailureReason: string | undefined;
  readonly routeName: string | undefined;
  /** A filter state object that is a Struct; the same object for the same bytes, as far as a bounded cache goes. */
  filterState(key: string): { readonly [key: string]: Json } | undefined;
  readonly customTags: ReadonlyMap<string, string> | undefined;
  readonly upstreamRequestAttemptCount: number | undefined;
  readonly connectionTerminationDetails: string | undefined;
  readonly streamId: string | undefined;
  /** The trace that the request belongs to, where the entry tells it beside the headers. Ids are lower-case hex. */
  readonly trace?:
    | { readonly traceId: string; readonly spanId: string | undefined; readonly sampled: boolean | undefined }
    | undefined;
  readonly intermediateLogEntry: boolean;
  readonly downstreamWireBytesSent: Int64 | undefined;
  readonly downstreamWireBytesReceived: Int64 | undefined;
  readonly upstreamWireBytesSent: Int64 | undefined;
  readonly upstreamWireBytesReceived: Int64 | undefined;
  /** AccessLogType number; 0 is NotSet. */
  readonly accessLogType: number;
  /** HTTP only. `1.0` `1.1` `2` `3`. */
  readonly httpVersion: string | undefined;
  /** HTTP: false if the request message is missing, in which case its fields are undefined. */
  readonly hasRequest: boolean;
  readonly requestMethod: string | undefined;
  readonly scheme: string | undefined;
  readonly authority: string | undefined;
  readonly path: string | undefined;
  readonly originalPath: string | undefined;
  readonly userAgent: string | undefined;
  readonly referer: string | undefined;
  readonly forwardedFor: string | undefined;
  readonly requestId: string | undefined;
  /** Hashes the request's id, else that of its stream; false if it has none. */
  hashRequestId(hash: TextHasher): boolean;
  /** 0 where the request message is there and the field is not: zero is a value. */
  readonly requestHeadersBytes: Int64 | undefined;
  readonly requestBodyBytes: Int64 | undefined;
  readonly requestHeaders: ReadonlyMap<string, string> | undefined;
  readonly upstreamHeaderBytesSent: Int64 | undefined;
  readonly downstreamHeaderBytesReceived: Int64 | undefined;
  readonly hasResponse: boolean;
  readonly responseCode: number | undefined;
  readonly responseHeadersBytes: Int64 | undefined;
  readonly responseBodyBytes: Int64 | undefined;
  readonly responseHeaders: ReadonlyMap<string, string> | undefined;
  readonly responseTrailers: ReadonlyMap<string, string> | undefined;
  readonly responseCodeDetails: string | undefined;
  readonly upstreamHeaderBytesReceived: Int64 | undefined;
  readonly downstreamHeaderBytesSent: Int64 | undefined;
  /** TCP only; 0 where the connection message is there and the field is not. */
  readonly receivedBytes: Int64 | undefined;
  readonly sentBytes: Int64 | undefined;
}

/** Where a stream of entries comes from: what normalization knows beside the entry. One object for the stream's life. */
export interface StreamOrigin {
  readonly identifier: Identifier;
  readonly listener: ListenerTrust;
}

/** What a listener's settings say about records that come in on it. */
export interface ListenerTrust {
  /** Which side reports, where nothing else tells. */
  readonly reporter: "inbound" | "outbound";
  /** Whether a logged x-forwarded-client-cert may be believed. */
  readonly trustForwardedClientCert: boolean;
}

/** The entries of one message, one after the other; each is valid until the next call. Malformed ones are counted and skipped. */
export interface AccessLogBatch {
  /** Its sender waits for an answer, and may send it again. */
  readonly answered?: true;
  readonly origin: StreamOrigin;
  next(): AccessLogEntry | undefined;
  /** Entries skipped so far because their bytes were malformed. */
  readonly malformed: number;
}

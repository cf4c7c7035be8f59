import type { AccessLogEntry, Address } from "../../../schemas/model/access-log.ts";
import { parseIp } from "../../../schemas/model/ip.ts";
import type { TextHasher } from "../../../schemas/model/text-hasher.ts";
import type { Timestamp } from "../../../schemas/model/value.ts";
import type { LogName } from "./names.ts";

/** AccessLogType of the entries that tell of a whole request or connection. */
const DOWNSTREAM_END = 6;
const TCP_CONNECTION_END = 3;

/** What a log record says beside its text and attributes. */
export interface RecordFacts {
  readonly startTime: Timestamp | undefined;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
}

/** What no access log over OTLP carries. */
const absent = {
  sampleRate: undefined,
  downstreamDirectRemoteAddress: undefined,
  tls: undefined,
  timeToLastRxByte: undefined,
  timeToFirstUpstreamTxByte: undefined,
  timeToLastUpstreamTxByte: undefined,
  timeToFirstUpstreamRxByte: undefined,
  timeToLastUpstreamRxByte: undefined,
  timeToFirstDownstreamTxByte: undefined,
  timeToLastDownstreamTxByte: undefined,
  filterMetadata: () => undefined,
  filterFields: () => undefined,
  hashFilterField: () => false,
  downstreamTransportFailureReason: undefined,
  filterState: () => undefined,
  customTags: undefined,
  intermediateLogEntry: false,
  downstreamWireBytesSent: undefined,
  downstreamWireBytesReceived: undefined,
  upstreamWireBytesSent: undefined,
  upstreamWireBytesReceived: undefined,
  originalPath: undefined,
  requestHeadersBytes: undefined,
  requestHeaders: undefined,
  upstreamHeaderBytesSent: undefined,
  downstreamHeaderBytesReceived: undefined,
  responseHeadersBytes: undefined,
  responseHeaders: undefined,
  upstreamHeaderBytesReceived: undefined,
  downstreamHeaderBytesSent: undefined,
} as const;

/** Makes of what an access log says the entry that Envoy's own service would have sent, as far as it goes. */
export function toEntry(
  said: ReadonlyMap<LogName, string>,
  { startTime, traceId, spanId }: RecordFacts,
): AccessLogEntry {
  const text = (name: LogName) => present(said.get(name));
  const count = (name: LogName) => countOf(text(name));
  const address = (name: LogName) => addressOf(text(name));
  const code = count("code") || undefined;
  const http = (text("method") ?? text("path") ?? text("protocol") ?? code) !== undefined;
  const duration = count("duration");
  const serverName = text("serverName");
  const grpcStatus = text("grpcStatus");
  const [received, sent] = [count("received"), count("sent")];
  return {
    ...absent,
    kind: http ? "http" : "tcp",
    accessLogType: http ? DOWNSTREAM_END : TCP_CONNECTION_END,
    startTime,
    duration: duration === undefined ? undefined : duration * 1_000_000,
    trace: traceId === undefined ? undefined : { traceId, spanId, sampled: undefined },
    downstreamRemoteAddress: address("remote"),
    downstreamDirectRemoteAddress: address("direct"),
    downstreamLocalAddress: address("local"),
    upstreamRemoteAddress: address("upstream"),
    upstreamLocalAddress: address("upstreamLocal"),
    tls: serverName === undefined ? undefined : { ...noTls, sni: serverName },
    upstreamCluster: text("cluster"),
    responseFlags: text("flags"),
    upstreamTransportFailureReason: text("failure"),
    routeName: text("route"),
    upstreamRequestAttemptCount: count("attempts"),
    connectionTerminationDetails: text("termination"),
    streamId: text("connectionId"),
    httpVersion: text("protocol")?.replace(/^HTTP\//i, ""),
    hasRequest: http,
    requestMethod: text("method"),
    scheme: text("scheme"),
    authority: text("authority"),
    path: text("path"),
    userAgent: text("userAgent"),
    referer: text("referer"),
    forwardedFor: text("forwardedFor"),
    requestId: text("requestId"),
    hashRequestId: (hash) => hashOf(hash, text("requestId") ?? text("connectionId")),
    requestBodyBytes: http ? received : undefined,
    hasResponse: http,
    responseCode: code,
    responseBodyBytes: http ? sent : undefined,
    responseTrailers: grpcStatus === undefined ? undefined : new Map([["grpc-status", grpcStatus]]),
    responseCodeDetails: text("details"),
    receivedBytes: http ? undefined : received,
    sentBytes: http ? undefined : sent,
  };
}

const noTls = {
  version: undefined,
  cipherSuite: undefined,
  localCertificate: undefined,
  peerCertificate: undefined,
  sessionId: undefined,
  ja3: undefined,
};

function hashOf(hash: TextHasher, text: string | undefined): boolean {
  if (text !== undefined) hash.text(text);
  return text !== undefined;
}

/** Envoy writes a dash for what is absent. */
function present(text: string | undefined): string | undefined {
  return text === undefined || text === "" || text === "-" ? undefined : text;
}

function countOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** `ip:port`, `[ip]:port` or an ip. */
function addressOf(text: string | undefined): Address | undefined {
  if (text === undefined) return undefined;
  const [, bracketed, dotted, port] = /^(?:\[([^\]]+)\]|([\d.]+)):(\d{1,5})$/.exec(text) ?? [];
  return { ip: parseIp(bracketed ?? dotted ?? text), port: port === undefined ? undefined : Number(port) };
}

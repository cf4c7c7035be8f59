import {
  type Any,
  anyUnpack,
  type Duration,
  type Struct,
  StructSchema,
  type Timestamp,
  type Value,
} from "@bufbuild/protobuf/wkt";
import type { Address } from "../../schemas/gen/envoy/config/core/v3/address_pb.js";
import type { Node } from "../../schemas/gen/envoy/config/core/v3/base_pb.js";
import { RequestMethod } from "../../schemas/gen/envoy/config/core/v3/base_pb.js";
import type {
  AccessLogCommon,
  HTTPAccessLogEntry,
  HTTPRequestProperties,
  HTTPResponseProperties,
  ResponseFlags,
  TCPAccessLogEntry,
  TLSProperties,
  TLSProperties_CertificateProperties,
} from "../../schemas/gen/envoy/data/accesslog/v3/accesslog_pb.js";
import type { AccessLogEntry, EnvoyNode, Json } from "../../schemas/model/access-log.ts";
import { parseIp } from "../../schemas/model/ip.ts";
import { toInt64 } from "../../schemas/model/value.ts";

/**
 * What an entry must read as, made from generated code's decoding of it: the second opinion that the hand-written
 * decoder is held to, field by field.
 */
export type Plain = Record<string, unknown>;

const text = (value: string | undefined) => value || undefined;
const uint64 = (value: bigint) => (value >= 2n ** 63n ? undefined : toInt64(value));
const amount = (value: bigint) => uint64(value) || undefined;
const map = (value: Record<string, string>) =>
  Object.keys(value).length === 0 ? undefined : new Map(Object.entries(value).sort());

/** An HTTP entry. */
export function expectedHttp(entry: HTTPAccessLogEntry): Plain {
  return {
    kind: "http",
    ...expectedCommon(entry.commonProperties),
    httpVersion: [undefined, "1.0", "1.1", "2", "3"][entry.protocolVersion],
    ...expectedRequest(entry.request),
    ...expectedResponse(entry.response),
    receivedBytes: undefined,
    sentBytes: undefined,
  };
}

/** A TCP entry. */
export function expectedTcp({ commonProperties, connectionProperties: connection }: TCPAccessLogEntry): Plain {
  return {
    kind: "tcp",
    ...expectedCommon(commonProperties),
    httpVersion: undefined,
    ...expectedRequest(undefined),
    ...expectedResponse(undefined),
    receivedBytes: connection && uint64(connection.receivedBytes),
    sentBytes: connection && uint64(connection.sentBytes),
  };
}

function expectedCommon(common: AccessLogCommon | undefined): Plain {
  return {
    sampleRate: common?.sampleRate || undefined,
    downstreamRemoteAddress: address(common?.downstreamRemoteAddress),
    downstreamLocalAddress: address(common?.downstreamLocalAddress),
    downstreamDirectRemoteAddress: address(common?.downstreamDirectRemoteAddress),
    upstreamRemoteAddress: address(common?.upstreamRemoteAddress),
    upstreamLocalAddress: address(common?.upstreamLocalAddress),
    tls: tls(common?.tlsProperties),
    startTime: timestamp(common?.startTime),
    timeToLastRxByte: duration(common?.timeToLastRxByte),
    timeToFirstUpstreamTxByte: duration(common?.timeToFirstUpstreamTxByte),
    timeToLastUpstreamTxByte: duration(common?.timeToLastUpstreamTxByte),
    timeToFirstUpstreamRxByte: duration(common?.timeToFirstUpstreamRxByte),
    timeToLastUpstreamRxByte: duration(common?.timeToLastUpstreamRxByte),
    timeToFirstDownstreamTxByte: duration(common?.timeToFirstDownstreamTxByte),
    timeToLastDownstreamTxByte: duration(common?.timeToLastDownstreamTxByte),
    duration: duration(common?.duration),
    upstreamCluster: text(common?.upstreamCluster),
    responseFlags: flags(common?.responseFlags),
    metadata: structs(common?.metadata?.filterMetadata ?? {}),
    upstreamTransportFailureReason: text(common?.upstreamTransportFailureReason),
    downstreamTransportFailureReason: text(common?.downstreamTransportFailureReason),
    routeName: text(common?.routeName),
    state: structs(common?.filterStateObjects ?? {}),
    customTags: map(common?.customTags ?? {}),
    upstreamRequestAttemptCount: common?.upstreamRequestAttemptCount || undefined,
    connectionTerminationDetails: text(common?.connectionTerminationDetails),
    streamId: text(common?.streamId),
    intermediateLogEntry: common?.intermediateLogEntry ?? false,
    downstreamWireBytesSent: amount(common?.downstreamWireBytesSent ?? 0n),
    downstreamWireBytesReceived: amount(common?.downstreamWireBytesReceived ?? 0n),
    upstreamWireBytesSent: amount(common?.upstreamWireBytesSent ?? 0n),
    upstreamWireBytesReceived: amount(common?.upstreamWireBytesReceived ?? 0n),
    accessLogType: common?.accessLogType ?? 0,
  };
}

function expectedRequest(request: HTTPRequestProperties | undefined): Plain {
  const method = request?.requestMethod ?? RequestMethod.METHOD_UNSPECIFIED;
  return {
    hasRequest: request !== undefined,
    requestMethod: method === RequestMethod.METHOD_UNSPECIFIED ? undefined : RequestMethod[method],
    scheme: text(request?.scheme),
    authority: text(request?.authority),
    path: text(request?.path),
    originalPath: text(request?.originalPath),
    userAgent: text(request?.userAgent),
    referer: text(request?.referer),
    forwardedFor: text(request?.forwardedFor),
    requestId: text(request?.requestId),
    requestHeadersBytes: request && uint64(request.requestHeadersBytes),
    requestBodyBytes: request && uint64(request.requestBodyBytes),
    requestHeaders: map(request?.requestHeaders ?? {}),
    upstreamHeaderBytesSent: request && uint64(request.upstreamHeaderBytesSent),
    downstreamHeaderBytesReceived: request && uint64(request.downstreamHeaderBytesReceived),
  };
}

function expectedResponse(response: HTTPResponseProperties | undefined): Plain {
  return {
    hasResponse: response !== undefined,
    responseCode: response?.responseCode,
    responseHeadersBytes: response && uint64(response.responseHeadersBytes),
    responseBodyBytes: response && uint64(response.responseBodyBytes),
    responseHeaders: map(response?.responseHeaders ?? {}),
    responseTrailers: map(response?.responseTrailers ?? {}),
    responseCodeDetails: text(response?.responseCodeDetails),
    upstreamHeaderBytesReceived: response && uint64(response.upstreamHeaderBytesReceived),
    downstreamHeaderBytesSent: response && uint64(response.downstreamHeaderBytesSent),
  };
}

function address(message: Address | undefined) {
  if (message === undefined) return undefined;
  if (message.address.case !== "socketAddress") return { ip: undefined, port: undefined };
  const { address: ip, portSpecifier } = message.address.value;
  return { ip: parseIp(ip), port: portSpecifier.case === "portValue" ? portSpecifier.value : undefined };
}

function tls(message: TLSProperties | undefined) {
  if (message === undefined) return undefined;
  return {
    version: [undefined, "1.0", "1.1", "1.2", "1.3"][message.tlsVersion],
    cipherSuite: message.tlsCipherSuite,
    sni: text(message.tlsSniHostname),
    localCertificate: certificate(message.localCertificateProperties),
    peerCertificate: certificate(message.peerCertificateProperties),
    sessionId: text(message.tlsSessionId),
    ja3: text(message.ja3Fingerprint),
  };
}

function certificate(message: TLSProperties_CertificateProperties | undefined) {
  if (message === undefined) return undefined;
  const sans = message.subjectAltName.map(({ san }) => san).filter(({ value }) => value);
  return {
    uriSans: sans.flatMap((san) => (san.case === "uri" ? [san.value] : [])),
    dnsSans: sans.flatMap((san) => (san.case === "dns" ? [san.value] : [])),
    subject: text(message.subject),
    issuer: text(message.issuer),
    empty:
      message.subjectAltName.length === 0 &&
      message.subject === "" &&
      message.issuer === "" &&
      message.$unknown === undefined,
  };
}

/** The codes as wire/envoy-als lists them, by the names that generated code gives the fields. */
const codes = {
  failedLocalHealthcheck: "LH",
  noHealthyUpstream: "UH",
  upstreamRequestTimeout: "UT",
  localReset: "LR",
  upstreamRemoteReset: "UR",
  upstreamConnectionFailure: "UF",
  upstreamConnectionTermination: "UC",
  upstreamOverflow: "UO",
  noRouteFound: "NR",
  delayInjected: "DI",
  faultInjected: "FI",
  rateLimited: "RL",
  unauthorizedDetails: "UAEX",
  rateLimitServiceError: "RLSE",
  downstreamConnectionTermination: "DC",
  upstreamRetryLimitExceeded: "URX",
  streamIdleTimeout: "SI",
  invalidEnvoyRequestHeaders: "IH",
  downstreamProtocolError: "DPE",
  upstreamMaxStreamDurationReached: "UMSDR",
  responseFromCacheFilter: "RFCF",
  noFilterConfigFound: "NFCF",
  durationTimeout: "DT",
  upstreamProtocolError: "UPE",
  noClusterFound: "NC",
  overloadManager: "OM",
  dnsResolutionFailure: "DF",
  downstreamRemoteReset: "DR",
} as const satisfies Partial<Record<keyof ResponseFlags, string>>;

function flags(message: ResponseFlags | undefined): string | undefined {
  if (message === undefined) return undefined;
  const set = (name: keyof typeof codes) =>
    name === "unauthorizedDetails" ? message.unauthorizedDetails?.reason === 1 : message[name];
  const names = Object.keys(codes) as (keyof typeof codes)[];
  return text(
    names
      .filter(set)
      .map((name) => codes[name])
      .join(","),
  );
}

function duration(message: Duration | undefined) {
  if (message === undefined) return undefined;
  const { seconds, nanos } = message;
  if (Math.abs(nanos) > 999_999_999 || (seconds < 0n && nanos > 0) || (seconds > 0n && nanos < 0)) return undefined;
  const total = seconds * 1_000_000_000n + BigInt(nanos);
  return total >= 2n ** 63n || total <= -(2n ** 63n) ? undefined : toInt64(total);
}

function timestamp(message: Timestamp | undefined) {
  if (message === undefined || message.nanos < 0 || message.nanos > 999_999_999) return undefined;
  const { seconds, nanos } = message;
  if (seconds < -62_135_596_800n || seconds > 253_402_300_799n) return undefined;
  return { seconds: Number(seconds), nanos };
}

/** Structs by key, undefined where the value is of another type or unreadable. */
function structs(values: Record<string, Any | { [key: string]: unknown }>): Plain {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, isAny(value) ? structInAny(value) : value]),
  );
}

function isAny(value: object): value is Any {
  return "$typeName" in value && value.$typeName === "google.protobuf.Any";
}

function structInAny(any: Any): unknown {
  if (any.typeUrl.slice(any.typeUrl.lastIndexOf("/") + 1) !== StructSchema.typeName) return undefined;
  const struct = anyUnpack({ ...any, typeUrl: `type.googleapis.com/${StructSchema.typeName}` }, StructSchema);
  return struct && structToJson(struct);
}

function structToJson(struct: Struct): Json {
  return Object.fromEntries(Object.entries(struct.fields).map(([key, value]) => [key, valueToJson(value)]));
}

function valueToJson({ kind }: Value): Json {
  switch (kind.case) {
    case "structValue":
      return structToJson(kind.value);
    case "listValue":
      return kind.value.values.map(valueToJson);
    case "numberValue":
    case "stringValue":
    case "boolValue":
      return kind.value;
    default:
      return null;
  }
}

/** A node. */
export function expectedNode(node: Node | undefined): EnvoyNode {
  const version = node?.userAgentVersionType;
  const built = version?.case === "userAgentBuildVersion" ? version.value.version : undefined;
  const { region = "", zone = "", subZone = "" } = node?.locality ?? {};
  return {
    id: node?.id ?? "",
    cluster: node?.cluster ?? "",
    metadata: (node?.metadata ?? {}) as EnvoyNode["metadata"],
    locality: node?.locality && { region, zone, subZone },
    userAgentName: text(node?.userAgentName),
    userAgentVersion:
      version?.case === "userAgentVersion"
        ? text(version.value)
        : built && `${built.majorNumber}.${built.minorNumber}.${built.patch}`,
  };
}

const properties = Object.keys({ ...expectedHttp({} as HTTPAccessLogEntry) });

/** Every property of an entry at once, with the metadata and filter state of the same keys as expected. */
export function readAll(entry: AccessLogEntry, expected: Plain): Plain {
  const read: Plain = {};
  for (const name of properties) {
    if (name === "metadata") read[name] = readKeys(expected[name], (key) => entry.filterMetadata(key));
    else if (name === "state") read[name] = readKeys(expected[name], (key) => entry.filterState(key));
    else read[name] = inOrder(entry[name as keyof AccessLogEntry]);
  }
  return read;
}

function readKeys(expected: unknown, read: (key: string) => unknown): Plain {
  return Object.fromEntries(Object.keys(expected as object).map((key) => [key, read(key)]));
}

function inOrder(value: unknown): unknown {
  return value instanceof Map ? new Map([...value].sort()) : value;
}

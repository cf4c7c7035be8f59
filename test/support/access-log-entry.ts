import type {
  AccessLogEntry,
  CertificateProperties,
  EnvoyNode,
  Json,
  ListenerTrust,
  StreamOrigin,
  TlsProperties,
} from "../../schemas/model/access-log.ts";

import type { TextHasher } from "../../schemas/model/text-hasher.ts";

type Struct = { readonly [key: string]: Json };

/** What a built entry differs in: its own fields, metadata by filter, filter state by key, headers as plain objects. */
export type EntryOverrides = Partial<
  Omit<
    AccessLogEntry,
    | "filterMetadata"
    | "filterField"
    | "hashFilterField"
    | "hashRequestId"
    | "filterState"
    | "requestHeaders"
    | "responseHeaders"
    | "responseTrailers"
  >
> & {
  readonly metadata?: Readonly<Record<string, Struct>>;
  readonly state?: Readonly<Record<string, Struct>>;
  readonly requestHeaders?: Readonly<Record<string, string>>;
  readonly responseHeaders?: Readonly<Record<string, string>>;
  readonly responseTrailers?: Readonly<Record<string, string>>;
};

const nothing: Omit<
  AccessLogEntry,
  "kind" | "filterMetadata" | "filterFields" | "hashFilterField" | "hashRequestId" | "filterState"
> = {
  sampleRate: undefined,
  downstreamRemoteAddress: undefined,
  downstreamLocalAddress: undefined,
  downstreamDirectRemoteAddress: undefined,
  upstreamRemoteAddress: undefined,
  upstreamLocalAddress: undefined,
  tls: undefined,
  startTime: undefined,
  timeToLastRxByte: undefined,
  timeToFirstUpstreamTxByte: undefined,
  timeToLastUpstreamTxByte: undefined,
  timeToFirstUpstreamRxByte: undefined,
  timeToLastUpstreamRxByte: undefined,
  timeToFirstDownstreamTxByte: undefined,
  timeToLastDownstreamTxByte: undefined,
  duration: undefined,
  upstreamCluster: undefined,
  responseFlags: undefined,
  upstreamTransportFailureReason: undefined,
  downstreamTransportFailureReason: undefined,
  routeName: undefined,
  customTags: undefined,
  upstreamRequestAttemptCount: undefined,
  connectionTerminationDetails: undefined,
  streamId: undefined,
  intermediateLogEntry: false,
  downstreamWireBytesSent: undefined,
  downstreamWireBytesReceived: undefined,
  upstreamWireBytesSent: undefined,
  upstreamWireBytesReceived: undefined,
  accessLogType: 0,
  httpVersion: undefined,
  hasRequest: false,
  requestMethod: undefined,
  scheme: undefined,
  authority: undefined,
  path: undefined,
  originalPath: undefined,
  userAgent: undefined,
  referer: undefined,
  forwardedFor: undefined,
  requestId: undefined,
  requestHeadersBytes: undefined,
  requestBodyBytes: undefined,
  requestHeaders: undefined,
  upstreamHeaderBytesSent: undefined,
  downstreamHeaderBytesReceived: undefined,
  hasResponse: false,
  responseCode: undefined,
  responseHeadersBytes: undefined,
  responseBodyBytes: undefined,
  responseHeaders: undefined,
  responseTrailers: undefined,
  responseCodeDetails: undefined,
  upstreamHeaderBytesReceived: undefined,
  downstreamHeaderBytesSent: undefined,
  receivedBytes: undefined,
  sentBytes: undefined,
};

/** An entry with nothing in it but what is given. */
export function anEntry(kind: "http" | "tcp", overrides: EntryOverrides = {}): AccessLogEntry {
  const { metadata = {}, state = {}, requestHeaders, responseHeaders, responseTrailers, ...fields } = overrides;
  return {
    ...nothing,
    ...fields,
    kind,
    requestHeaders: requestHeaders && new Map(Object.entries(requestHeaders)),
    responseHeaders: responseHeaders && new Map(Object.entries(responseHeaders)),
    responseTrailers: responseTrailers && new Map(Object.entries(responseTrailers)),
    filterMetadata: (filter) => metadata[filter],
    filterFields: (filter, names) => metadata[filter] && names.map((name) => metadata[filter]?.[name]),
    hashFilterField: (filter, [name], hash) => hashed(hash, metadata[filter]?.[name]),
    hashRequestId: (hash) => hashed(hash, fields.requestId ?? fields.streamId),
    filterState: (key) => state[key],
  };
}

function hashed(hash: TextHasher, text: unknown): boolean {
  if (typeof text === "string") hash.text(text);
  return typeof text === "string";
}

/** A finished HTTP request as Envoy logs it: GET /, 200, 5 ms. */
export function anHttpEntry(overrides: EntryOverrides = {}): AccessLogEntry {
  return anEntry("http", {
    startTime: { seconds: 1_700_000_000, nanos: 0 },
    duration: 5_000_000,
    accessLogType: 6,
    httpVersion: "1.1",
    hasRequest: true,
    requestMethod: "GET",
    scheme: "http",
    path: "/",
    requestHeadersBytes: 100,
    requestBodyBytes: 0,
    hasResponse: true,
    responseCode: 200,
    responseHeadersBytes: 50,
    responseBodyBytes: 10,
    ...overrides,
  });
}

/** A TCP connection's end, unless another type is given. */
export function aTcpEntry(overrides: EntryOverrides = {}): AccessLogEntry {
  return anEntry("tcp", {
    startTime: { seconds: 1_700_000_000, nanos: 0 },
    duration: 5_000_000,
    accessLogType: 3,
    streamId: "connection-1",
    receivedBytes: 0,
    sentBytes: 0,
    ...overrides,
  });
}

/** TLS with these SPIFFE ids on the two certificates; without `peer`, the client showed none. */
export function aTls(ids: { readonly local?: string; readonly peer?: string } = {}): TlsProperties {
  return {
    version: "1.3",
    cipherSuite: 0x1301,
    sni: undefined,
    localCertificate: ids.local === undefined ? undefined : aCertificate(ids.local),
    peerCertificate: aCertificate(ids.peer),
    sessionId: undefined,
    ja3: undefined,
  };
}

function aCertificate(uri: string | undefined): CertificateProperties {
  const uriSans = uri === undefined ? [] : [uri];
  return { uriSans, dnsSans: [], subject: undefined, issuer: undefined, empty: uri === undefined };
}

/** A plain Envoy. */
export const plainNode: EnvoyNode = {
  id: "edge-1",
  cluster: "edge",
  metadata: {},
  locality: undefined,
  userAgentName: "envoy",
  userAgentVersion: "1.40.0",
};

/** A sidecar of Istio: pod app-1 of deployment app in namespace default. */
export const sidecarNode: EnvoyNode = {
  id: "sidecar~10.0.0.1~app-1.default~default.svc.cluster.local",
  cluster: "app.default",
  metadata: {
    NAME: "app-1",
    NAMESPACE: "default",
    WORKLOAD_NAME: "app",
    OWNER: "kubernetes://apis/apps/v1/namespaces/default/deployments/app",
    CLUSTER_ID: "Kubernetes",
    SERVICE_ACCOUNT: "app",
    ISTIO_VERSION: "1.28.0",
    INSTANCE_IPS: "10.0.0.1,fd00::1",
    LABELS: {
      app: "app",
      version: "v1",
      "service.istio.io/canonical-name": "app",
      "service.istio.io/canonical-revision": "v1",
    },
  },
  locality: undefined,
  userAgentName: "envoy",
  userAgentVersion: "1.40.0",
};

/** Where a stream of entries comes from. */
export function anOrigin(node: EnvoyNode = plainNode, listener: Partial<ListenerTrust> = {}): StreamOrigin {
  return {
    identifier: { node, logName: "log" },
    listener: { reporter: "outbound", trustForwardedClientCert: false, ...listener },
  };
}

import { join } from "node:path";
import process from "node:process";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { AnySchema, StructSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import protobufjs from "protobufjs";
import { createAccessLogDecoder } from "../collector/decode/access-log.ts";
import {
  AccessLogType,
  type HTTPAccessLogEntry,
  HTTPAccessLogEntrySchema,
} from "../schemas/gen/envoy/data/accesslog/v3/accesslog_pb.js";
import { StreamAccessLogsMessageSchema } from "../schemas/gen/envoy/service/accesslog/v3/als_pb.js";
import type { AccessLogEntry } from "../schemas/model/access-log.ts";

/** Nanoseconds for one entry: decoding it and reading some twenty fields, in batches as a proxy sends them. */
export interface DecodeBench {
  /** Bytes of an entry without and with a peer object. */
  readonly entryBytes: number;
  readonly meshEntryBytes: number;
  /** This hub's decoder. */
  readonly hubNs: number;
  /** The same, and the peer object of the other side, its fields in any order. */
  readonly hubMeshNs: number;
  /** The checking pass alone, nothing read. */
  readonly hubCheckNs: number;
  readonly protobufjsNs: number;
  readonly protobufEsNs: number;
}

const entriesInMessage = 49;
const messages = 40;

/** Measures decoding of access log messages beside protobufjs and protobuf-es, which decode whole messages first. */
export function runDecodeBench(): DecodeBench {
  const plain = makeMessages(false);
  const mesh = makeMessages(true);
  const hub = createHub();
  const theirs = createProtobufjs();
  return {
    entryBytes: Math.round(plain[0]!.length / entriesInMessage),
    meshEntryBytes: Math.round(mesh[0]!.length / entriesInMessage),
    hubNs: nanosEach(plain, (message) => hub(message, readFields)),
    hubMeshNs: nanosEach(mesh, (message) => hub(message, readMeshFields)),
    hubCheckNs: nanosEach(plain, (message) => hub(message, () => 1)),
    protobufjsNs: nanosEach(plain, theirs),
    protobufEsNs: nanosEach(plain, decodeWithProtobufEs),
  };
}

/** Processor time of the fastest of several rounds over all messages, for one entry. `run` gives something that depends on what it read. */
function nanosEach(all: readonly Uint8Array[], run: (message: Uint8Array) => number): number {
  let best = Number.POSITIVE_INFINITY;
  let sum = 0;
  for (let round = 0; round < 15; round++) {
    const start = process.cpuUsage();
    for (let i = 0; i < 5; i++) for (const message of all) sum += run(message);
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, user + system);
  }
  if (sum === 0) throw new Error("nothing was read");
  return Math.round((best * 1000) / (5 * all.length * entriesInMessage));
}

function createHub() {
  const ignore = { entry() {}, value() {}, identifierMissing() {}, identifierMalformed() {} };
  const stream = createAccessLogDecoder(ignore).open({ reporter: "outbound", trustForwardedClientCert: false });
  return (message: Uint8Array, read: (entry: AccessLogEntry) => number): number => {
    const batch = stream.read(message);
    let sum = 0;
    for (let entry = batch.next(); entry !== undefined; entry = batch.next()) sum += read(entry);
    return sum;
  };
}

/** What the standard metrics and statistics read. */
function readFields(entry: AccessLogEntry): number {
  return (
    lengths(entry.upstreamCluster, entry.routeName, entry.requestMethod, entry.authority, entry.path) +
    lengths(entry.scheme, entry.userAgent, entry.requestId, entry.responseCodeDetails, entry.responseFlags) +
    lengths(entry.httpVersion, entry.downstreamLocalAddress?.ip, entry.upstreamRemoteAddress?.ip) +
    Number(entry.duration) +
    Number(entry.requestBodyBytes) +
    Number(entry.responseBodyBytes) +
    Number(entry.requestHeadersBytes) +
    Number(entry.responseHeadersBytes) +
    (entry.responseCode ?? 0) +
    entry.accessLogType +
    (entry.startTime?.seconds ?? 0)
  );
}

function readMeshFields(entry: AccessLogEntry): number {
  return readFields(entry) + Object.is(entry.filterState("upstream_peer"), undefined).valueOf().toString().length;
}

function lengths(a?: string, b?: string, c?: string, d?: string, e?: string): number {
  return (a?.length ?? 0) + (b?.length ?? 0) + (c?.length ?? 0) + (d?.length ?? 0) + (e?.length ?? 0);
}

function decodeWithProtobufEs(message: Uint8Array): number {
  const { logEntries } = fromBinary(StreamAccessLogsMessageSchema, message);
  let sum = 0;
  if (logEntries.case === "httpLogs") for (const entry of logEntries.value.logEntry) sum += readGenerated(entry);
  return sum;
}

/** The same fields of an entry as protobuf-es and protobufjs name them alike. */
function readGenerated({ commonProperties: common, request, response, protocolVersion }: HTTPAccessLogEntry): number {
  return (
    lengths(common?.upstreamCluster, common?.routeName, request?.authority, request?.path, request?.scheme) +
    lengths(request?.userAgent, request?.requestId, response?.responseCodeDetails) +
    (request?.requestMethod ?? 0) +
    protocolVersion +
    Object.keys(common?.responseFlags ?? {}).length +
    Number(common?.duration?.nanos) +
    Number(request?.requestBodyBytes) +
    Number(response?.responseBodyBytes) +
    Number(request?.requestHeadersBytes) +
    Number(response?.responseHeadersBytes) +
    (common?.accessLogType ?? 0) +
    Number(common?.startTime?.seconds) +
    lengths(common?.downstreamLocalAddress?.$typeName, common?.upstreamRemoteAddress?.$typeName)
  );
}

function createProtobufjs(): (message: Uint8Array) => number {
  const root = new protobufjs.Root();
  const proto = join(import.meta.dirname, "../schemas/proto");
  root.resolvePath = (_origin, target) => (target.startsWith("google/") ? null : join(proto, target)) ?? target;
  root.loadSync("envoy/service/accesslog/v3/als.proto");
  const type = root.lookupType("envoy.service.accesslog.v3.StreamAccessLogsMessage");
  return (message) => {
    const decoded = type.decode(message) as unknown as { httpLogs: { logEntry: HTTPAccessLogEntry[] } };
    let sum = 0;
    for (const entry of decoded.httpLogs.logEntry) sum += readGenerated(entry);
    return sum;
  };
}

function makeMessages(mesh: boolean): Uint8Array[] {
  return Array.from({ length: messages }, (_, m) => {
    const logEntry = Array.from({ length: entriesInMessage }, (_, i) => makeEntry(m * entriesInMessage + i, mesh));
    const message = create(StreamAccessLogsMessageSchema, { logEntries: { case: "httpLogs", value: { logEntry } } });
    return toBinary(StreamAccessLogsMessageSchema, message);
  });
}

/** Like a proxied request on the wire: 40 services, everything about a request itself its own. */
function makeEntry(i: number, mesh: boolean): HTTPAccessLogEntry {
  const service = `service-${i % 40}`;
  const id = `${(i + 0x10000000).toString(16)}-addc-4b78-b041-${String(i).padStart(12, "0")}`;
  const nanos = (n: number) => ({ seconds: 0n, nanos: n + (i % 1000) * 997 });
  const address = (ip: string, port: number) => ({
    address: {
      case: "socketAddress" as const,
      value: { address: ip, portSpecifier: { case: "portValue" as const, value: port } },
    },
  });
  return create(HTTPAccessLogEntrySchema, {
    protocolVersion: 2,
    commonProperties: {
      downstreamRemoteAddress: address("10.0.0.9", 30_000 + (i % 20_000)),
      downstreamLocalAddress: address(`10.1.0.${i % 40}`, 8080),
      downstreamDirectRemoteAddress: address("10.0.0.9", 30_000 + (i % 20_000)),
      upstreamRemoteAddress: address(`10.2.0.${i % 40}`, 8080),
      upstreamLocalAddress: address("10.0.0.9", 40_000 + (i % 20_000)),
      startTime: { seconds: 1_795_345_681n + BigInt(i), nanos: 423_673_000 },
      timeToLastRxByte: nanos(50_000),
      timeToFirstUpstreamTxByte: nanos(400_000),
      timeToLastUpstreamTxByte: nanos(410_000),
      timeToFirstUpstreamRxByte: nanos(900_000),
      timeToLastUpstreamRxByte: nanos(950_000),
      timeToFirstDownstreamTxByte: nanos(1_000_000),
      timeToLastDownstreamTxByte: nanos(1_040_000),
      duration: nanos(1_060_000),
      upstreamCluster: `outbound|8080||${service}.shop.svc.cluster.local`,
      routeName: "default",
      upstreamRequestAttemptCount: 1,
      streamId: id,
      accessLogType: AccessLogType.DownstreamEnd,
      ...(i % 20 === 0 ? { responseFlags: { upstreamConnectionFailure: true } } : {}),
      ...(mesh ? { filterStateObjects: { upstream_peer: makePeer(i) } } : {}),
    },
    request: {
      requestMethod: 1 + (i % 3),
      scheme: "http",
      authority: `${service}.shop:8080`,
      path: `/api/v1/orders/${i}`,
      userAgent: "curl/7.88.1",
      requestId: id,
      requestHeadersBytes: 243n,
      requestBodyBytes: BigInt(i % 500),
    },
    response: {
      responseCode: i % 20 === 0 ? 503 : 200,
      responseHeadersBytes: 149n,
      responseBodyBytes: BigInt(i % 5000),
      responseCodeDetails: "via_upstream",
    },
  });
}

/** A peer object as Istio's proxies log it, its fields in another order each time, as protobuf for C++ writes maps. */
function makePeer(i: number) {
  const workload = `service-${i % 40}`;
  const fields = {
    namespace: "shop",
    cluster: "Kubernetes",
    service: workload,
    revision: "v1",
    app: workload,
    version: "v1",
    workload: `${workload}-v1`,
    type: "deployment",
    name: `${workload}-v1-5f6c7d8b9-x${i % 120}`,
  };
  const entries = Object.entries(fields).map(([key, value]) => [key, text(value)] as const);
  const turned = [...entries.slice(i % entries.length), ...entries.slice(0, i % entries.length)];
  const struct = create(StructSchema, { fields: Object.fromEntries(turned) });
  return create(AnySchema, {
    typeUrl: "type.googleapis.com/google.protobuf.Struct",
    value: toBinary(StructSchema, struct),
  });
}

const text = (value: string) => create(ValueSchema, { kind: { case: "stringValue", value } });

if (import.meta.main) console.table(runDecodeBench());

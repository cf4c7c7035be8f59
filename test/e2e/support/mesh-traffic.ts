import { create, fromJson, type JsonObject, toBinary } from "@bufbuild/protobuf";
import { anyPack, type Duration, StructSchema, type Timestamp } from "@bufbuild/protobuf/wkt";
import { AccessLogType } from "../../../schemas/gen/envoy/data/accesslog/v3/accesslog_pb.js";
import { StreamAccessLogsMessageSchema } from "../../../schemas/gen/envoy/service/accesslog/v3/als_pb.js";
import type { HttpEntry } from "./als-messages.ts";

/** Workloads of the mesh, three proxies each. */
export const workloads = ["web", "reviews", "ratings", "details"] as const;
/** A service outside the mesh, of which only clients report. */
export const outside = "api.payments.example";
/** The only one that is called with gRPC. */
export const grpcWorkload = "ratings";

const replicas = 3;
/** How many proxies there are. */
export const proxies = workloads.length * replicas;

/** What one request was, whoever reports it. */
export interface MeshRequest {
  readonly client: string;
  readonly server: string;
  /** HTTP status; 0: no response. */
  readonly code: number;
  readonly grpc: number | null;
  readonly flags: "UF" | "DC" | null;
  /** As the server's proxy saw it. */
  readonly nanos: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Milliseconds since the epoch. */
  readonly startMs: number;
  readonly clientProxy: number;
  /** Undefined where it reached no proxy of the mesh. */
  readonly serverProxy: number | undefined;
}

/** How much longer the client's proxy sees a request take. */
export const clientExtraNanos = 2_000_000;

/** Numbers in [0, 1) that are the same each time (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const calls = [
  ["web", "reviews"],
  ["web", "reviews"],
  ["web", "details"],
  ["reviews", "ratings"],
  ["web", outside],
] as const;

/** Requests within the mesh and out of it, whose entries are exactly so many; they end within `spreadMs` up to `endMs`. */
export function makeRequests(entries: number, endMs: number, spreadMs: number): MeshRequest[] {
  const random = createRandom(42);
  const requests: MeshRequest[] = [];
  for (let left = entries; left > 0; ) {
    const request = aRequest(random, left > 1, Math.round(endMs - (left / entries) * spreadMs));
    requests.push(request);
    left -= request.serverProxy === undefined ? 1 : 2;
  }
  return requests;
}

function aRequest(random: () => number, mayReach: boolean, endMs: number): MeshRequest {
  const [client, server] = calls[Math.floor(random() * calls.length)]!;
  const isReached = mayReach && random() >= 0.03;
  const whole = (most: number) => Math.floor(random() * most);
  // From 50 us to half a minute, evenly over the magnitudes.
  const nanos = Math.round(5e4 * 10 ** (random() * 5.8));
  return {
    ...{ client, server, nanos, startMs: Math.floor(endMs - (nanos + clientExtraNanos) / 1e6) },
    ...(isReached ? outcomeOf(server, random()) : { code: 503, grpc: null, flags: "UF" }),
    bytesIn: whole(2000),
    bytesOut: whole(100_000),
    clientProxy: workloads.indexOf(client) * replicas + whole(replicas),
    serverProxy: server === outside || !isReached ? undefined : workloads.indexOf(server) * replicas + whole(replicas),
  };
}

function outcomeOf(server: string, chance: number): Pick<MeshRequest, "code" | "grpc" | "flags"> {
  if (server === grpcWorkload) return { code: 200, grpc: chance < 0.9 ? 0 : chance < 0.95 ? 14 : 5, flags: null };
  if (chance < 0.01) return { code: 0, grpc: null, flags: "DC" };
  return { code: chance < 0.05 ? 500 : chance < 0.15 ? 404 : chance < 0.2 ? 301 : 200, grpc: null, flags: null };
}

/** The entries of each proxy, in the order of the requests. */
export function entriesByProxy(requests: readonly MeshRequest[]): HttpEntry[][] {
  const entries: HttpEntry[][] = Array.from({ length: proxies }, () => []);
  for (const request of requests) {
    entries[request.clientProxy]?.push(clientEntry(request));
    if (request.serverProxy !== undefined) entries[request.serverProxy]?.push(serverEntry(request));
  }
  return entries;
}

const hostOf = (server: string) => (server === outside ? outside : `${server}.shop.svc.cluster.local`);
const anAddress = { address: { case: "socketAddress", value: { address: "10.1.0.9" } } } as const;

function clientEntry(request: MeshRequest): HttpEntry {
  const { server, flags, serverProxy } = request;
  const isMesh = server !== outside;
  const isReached = serverProxy !== undefined || !isMesh;
  return anEntry(request, clientExtraNanos, {
    upstreamCluster: `outbound|80||${hostOf(server)}`,
    ...(isReached ? { upstreamRemoteAddress: { address: anAddress.address } } : {}),
    ...(isMesh && isReached ? { filterStateObjects: peer("upstream_peer", server) } : {}),
    responseFlags: { upstreamConnectionFailure: flags === "UF", downstreamConnectionTermination: flags === "DC" },
  });
}

function serverEntry(request: MeshRequest): HttpEntry {
  return anEntry(request, 0, {
    upstreamCluster: "inbound|80||",
    upstreamRemoteAddress: { address: anAddress.address },
    filterStateObjects: peer("downstream_peer", request.client),
    responseFlags: { downstreamConnectionTermination: request.flags === "DC" },
  });
}

function anEntry(request: MeshRequest, extraNanos: number, common: HttpEntry["commonProperties"]): HttpEntry {
  const { server, code, grpc, startMs, nanos, bytesIn, bytesOut } = request;
  return {
    commonProperties: {
      startTime: toTime(startMs),
      duration: toDuration(nanos + extraNanos),
      accessLogType: AccessLogType.DownstreamEnd,
      ...common,
    },
    request: {
      requestMethod: 1,
      authority: hostOf(server),
      path: "/",
      requestBodyBytes: BigInt(bytesIn),
      requestHeaders: server === grpcWorkload ? { "content-type": "application/grpc" } : {},
    },
    response: {
      ...(code === 0 ? {} : { responseCode: code }),
      responseBodyBytes: BigInt(bytesOut),
      ...(grpc === null ? {} : { responseTrailers: { "grpc-status": String(grpc) } }),
    },
  };
}

const peers: Readonly<Record<string, JsonObject>> = Object.fromEntries(
  workloads.map((workload) => [workload, { workload, namespace: "shop", service: workload, cluster: "one" }]),
);

const peer = (key: string, workload: string) => ({
  [key]: anyPack(StructSchema, fromJson(StructSchema, peers[workload] ?? {})),
});

const toTime = (ms: number): Timestamp => ({
  $typeName: "google.protobuf.Timestamp",
  seconds: BigInt(Math.floor(ms / 1000)),
  nanos: (ms % 1000) * 1_000_000,
});

const toDuration = (nanos: number): Duration => ({
  $typeName: "google.protobuf.Duration",
  seconds: BigInt(Math.floor(nanos / 1e9)),
  nanos: nanos % 1e9,
});

/** The id of a proxy's node, as Istio's proxies have it. */
export function nodeIdOf(proxy: number): string {
  const workload = workloads[Math.floor(proxy / replicas)];
  return `sidecar~10.0.0.${proxy + 1}~${workload}-${proxy % replicas}.shop~shop.svc.cluster.local`;
}

/** The first message of a proxy's stream. */
export function nodeMessage(proxy: number): Uint8Array {
  const workload = workloads[Math.floor(proxy / replicas)] ?? "";
  const labels = { "service.istio.io/canonical-name": workload };
  const metadata = { WORKLOAD_NAME: workload, NAMESPACE: "shop", CLUSTER_ID: "one", LABELS: labels };
  const node = { id: nodeIdOf(proxy), cluster: `${workload}.shop`, metadata };
  const message = create(StreamAccessLogsMessageSchema, { identifier: { node, logName: "mesh" } });
  return toBinary(StreamAccessLogsMessageSchema, message);
}

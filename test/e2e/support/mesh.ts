import { createAuthority } from "../../support/certificates.ts";
import { type Envoy, startEnvoy } from "./envoy.ts";
import type {
  Cluster,
  HttpListener,
  NodeIdentity,
  ProxySettings,
  TcpListener,
  TlsFiles,
  Tracing,
} from "./envoy-bootstrap.ts";
import { temporaryFolder } from "./folder.ts";
import { portOf } from "./lab.ts";
import { startEcho, startGrpc, startHttp } from "./upstream.ts";

/** The service that the client calls, and where its sidecar listens. */
export const service = "reviews.default.svc.cluster.local";

/** Two Istio-like sidecars in a row with mutual TLS between them, and the server's upstreams. */
export interface Mesh {
  readonly client: Envoy;
  readonly server: Envoy;
  stop(): Promise<void>;
}

interface Workload {
  readonly name: string;
  readonly namespace: string;
  readonly version: string;
  readonly ip: string;
}

const productpage: Workload = { name: "productpage", namespace: "default", version: "v1", ip: "10.0.0.1" };
const reviews: Workload = { name: "reviews", namespace: "default", version: "v3", ip: "10.0.0.2" };

function identity({ name, namespace, version, ip }: Workload): NodeIdentity {
  const labels = {
    app: name,
    version,
    "service.istio.io/canonical-name": name,
    "service.istio.io/canonical-revision": version,
  };
  return {
    id: `sidecar~${ip}~${name}-1.${namespace}~${namespace}.svc.cluster.local`,
    cluster: `${name}.${namespace}`,
    metadata: {
      NAME: `${name}-1`,
      NAMESPACE: namespace,
      WORKLOAD_NAME: name,
      OWNER: `kubernetes://apis/apps/v1/namespaces/${namespace}/deployments/${name}`,
      SERVICE_ACCOUNT: name,
      CLUSTER_ID: "Kubernetes",
      ISTIO_VERSION: "1.28.0",
      LABELS: labels,
    },
  };
}

const httpListener = (name: string, cluster: string, grpcCluster: string, tls?: TlsFiles): HttpListener => ({
  kind: "http",
  name,
  logName: "http_envoy_accesslog",
  direction: tls ? "INBOUND" : "OUTBOUND",
  tls,
  routes: [
    { prefix: "/pkg.", cluster: grpcCluster },
    { prefix: "/", cluster },
  ],
});

const tcpListener = (name: string, cluster: string, tls?: TlsFiles): TcpListener => ({
  kind: "tcp",
  name,
  logName: "tcp_envoy_accesslog",
  direction: tls ? "INBOUND" : "OUTBOUND",
  tls,
  cluster,
});

/** How both sidecars trace, as Istio has them do. */
export type MeshTracing = Pick<Tracing, "protocol" | "httpPort" | "only">;

function tracingOf({ name, namespace, version }: Workload, tracing: MeshTracing): Tracing {
  const tags = {
    "istio.canonical_revision": version,
    "istio.canonical_service": name,
    "istio.mesh_id": "cluster.local",
    "istio.namespace": namespace,
  };
  return { ...tracing, service: `${name}.${namespace}`, tags };
}

/** Starts both sidecars; their access logs, and their spans if they trace, go to a hub on loopback. */
export async function startMesh(hubPort: number, tracing?: MeshTracing): Promise<Mesh> {
  const folder = temporaryFolder("mesh");
  const authority = createAuthority(folder.path);
  const issue = ({ name, namespace }: Workload) =>
    authority.issue(name, [`URI:spiffe://cluster.local/ns/${namespace}/sa/${name}`]);
  const upstreams = await Promise.all([startHttp(), startGrpc(), startEcho()]);
  const [http, grpc, echo] = upstreams;
  const hubOf = (workload: Workload) => ({ hubPort, ...(tracing && { tracing: tracingOf(workload, tracing) }) });
  const server = await startServer(hubOf(reviews), issue(reviews), [http.port, grpc.port, echo.port]);
  const client = await startClient(hubOf(productpage), issue(productpage), server);
  return {
    client,
    server,
    async stop() {
      await Promise.all([client.stop(), server.stop()]);
      await Promise.all(upstreams.map((upstream) => upstream.close()));
      folder.remove();
    },
  };
}

type ToHub = Pick<ProxySettings, "hubPort" | "tracing">;

function startServer(hub: ToHub, tls: TlsFiles, [http, grpc, echo]: readonly number[]): Promise<Envoy> {
  const clusters: Cluster[] = [
    { name: "inbound|9080||", port: http },
    { name: "inbound|9090||", port: grpc, http2: true },
    { name: "inbound|9000||", port: echo },
  ];
  const listeners = [
    httpListener("virtualInbound", "inbound|9080||", "inbound|9090||", tls),
    tcpListener("virtualInboundTcp", "inbound|9000||", tls),
  ];
  return startEnvoy({ ...hub, node: identity(reviews), listeners, clusters }, 1);
}

function startClient(hub: ToHub, tls: TlsFiles, server: Envoy): Promise<Envoy> {
  const httpPort = portOf(server, "virtualInbound");
  const clusters: Cluster[] = [
    { name: `outbound|9080||${service}`, port: httpPort, tls },
    { name: `outbound|9090|v3|${service}`, port: httpPort, tls, http2: true },
    { name: `outbound|9000||${service}`, port: portOf(server, "virtualInboundTcp"), tls },
  ];
  const listeners = [
    httpListener("0.0.0.0_9080", `outbound|9080||${service}`, `outbound|9090|v3|${service}`),
    tcpListener("0.0.0.0_9000", `outbound|9000||${service}`),
  ];
  return startEnvoy({ ...hub, node: identity(productpage), listeners, clusters }, 1);
}

import { type Envoy, startEnvoy } from "./envoy.ts";
import { startEcho, startGrpc, startHttp, startResetting, type Upstream } from "./upstream.ts";

/** A plain Envoy with one route for each outcome a request can have, and the upstreams behind it. */
export interface Lab {
  readonly envoy: Envoy;
  readonly http: Upstream;
  readonly grpc: Upstream;
  readonly echo: Upstream;
  stop(): Promise<void>;
}

const routes = [
  { prefix: "/ok", cluster: "up" },
  { prefix: "/status/", cluster: "up" },
  { prefix: "/delay/", cluster: "up", timeoutMs: 250 },
  { prefix: "/patient/", cluster: "slow-up" },
  { prefix: "/nohealthy", cluster: "empty" },
  { prefix: "/nocluster", cluster: "$x-cluster" },
  { prefix: "/refused", cluster: "refused" },
  { prefix: "/overflow", cluster: "overflow" },
  { prefix: "/reset", cluster: "resetting" },
  { prefix: "/direct", status: 418 },
  { prefix: "/pkg.", cluster: "grpc" },
];

/** Starts the lab; its access logs go to a hub on loopback. */
export async function startLab(hubPort: number, flushMs = 200): Promise<Lab> {
  const [http, grpc, echo, resetting] = await Promise.all([startHttp(), startGrpc(), startEcho(), startResetting()]);
  const envoy = await startEnvoy({
    node: { id: "lab-1", cluster: "lab" },
    hubPort,
    flushMs,
    listeners: [
      { kind: "http", name: "http", logName: "http_lab", routes },
      { kind: "http", name: "periodic", logName: "http_periodic", routes, periodicMs: 200 },
      { kind: "tcp", name: "tcp", logName: "tcp_lab", cluster: "echo" },
      { kind: "tcp", name: "tcp-periodic", logName: "tcp_periodic", cluster: "echo", periodicMs: 200 },
      { kind: "tcp", name: "tcp-refused", logName: "tcp_lab", cluster: "refused" },
    ],
    clusters: [
      { name: "up", port: http.port },
      { name: "slow-up", port: http.port },
      { name: "empty" },
      { name: "refused", port: 1 },
      { name: "overflow", port: http.port, closed: true },
      { name: "resetting", port: resetting.port },
      { name: "grpc", port: grpc.port, http2: true },
      { name: "echo", port: echo.port },
    ],
  });
  return {
    envoy,
    http,
    grpc,
    echo,
    async stop() {
      await envoy.stop();
      await Promise.all([http, grpc, echo, resetting].map((upstream) => upstream.close()));
    },
  };
}

/** Port of a listener of an Envoy; throws if there is none. */
export function portOf(envoy: Envoy, listener: string): number {
  const port = envoy.ports[listener];
  if (port === undefined) throw new Error(`Envoy has no listener ${listener}`);
  return port;
}

/** The port of "host:port". */
export function portNumber(address = ""): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}

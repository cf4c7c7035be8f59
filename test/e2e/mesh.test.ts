import { afterAll, beforeAll, expect, test } from "vitest";
import type { Sample } from "../support/exposition.ts";
import { select, sum } from "./support/exposition.ts";
import { type Hub, startHub } from "./support/hub.ts";
import { portNumber, portOf } from "./support/lab.ts";
import { type Mesh, service, startMesh } from "./support/mesh.ts";
import { describeWith } from "./support/needs.ts";
import { grpcClient, http1Client, repeat, tcpExchange } from "./support/traffic.ts";
import { settled } from "./support/wait.ts";

const answered = 60;
const missing = 15;
const calls = 25;
const failedCalls = 10;
const connections = 4;
const bytes = 20_000;

/** What the client's sidecar knows: itself from its node, the server from the cluster it sent to. */
const fromSource = {
  reporter: "source",
  source_workload: "productpage",
  source_workload_namespace: "default",
  source_canonical_service: "productpage",
  source_canonical_revision: "v1",
  source_app: "productpage",
  source_version: "v1",
  source_cluster: "Kubernetes",
  source_principal: "unknown",
  destination_workload: "unknown",
  destination_service: service,
  destination_service_name: "reviews",
  destination_service_namespace: "default",
  connection_security_policy: "unknown",
};

/** What the server's sidecar knows: itself from its node, the client from its certificate. */
const fromDestination = {
  reporter: "destination",
  source_workload: "unknown",
  source_principal: "spiffe://cluster.local/ns/default/sa/productpage",
  destination_workload: "reviews",
  destination_workload_namespace: "default",
  destination_canonical_service: "reviews",
  destination_canonical_revision: "v3",
  destination_app: "reviews",
  destination_version: "v3",
  destination_cluster: "Kubernetes",
  destination_principal: "spiffe://cluster.local/ns/default/sa/reviews",
  connection_security_policy: "mutual_tls",
};

/** An inbound request names its service by its authority. */
const byAuthority = {
  destination_service: service,
  destination_service_name: "reviews",
  destination_service_namespace: "default",
};

describeWith("envoy", "openssl")("a client's and a server's sidecar in a row, with mutual TLS", () => {
  let hub: Hub;
  let mesh: Mesh;
  let samples: Sample[];

  beforeAll(async () => {
    hub = await startHub();
    mesh = await startMesh(portNumber(hub.listeners.grpc));
    await drive();
    await settled(() => hub.total("mixdown_records_total"));
    samples = await hub.metrics();
  });

  afterAll(async () => {
    await mesh?.stop();
    await hub?.stop();
  });

  async function drive(): Promise<void> {
    const port = portOf(mesh.client, "0.0.0.0_9080");
    const http = http1Client(port);
    const grpc = grpcClient(port, "reviews.default:9080");
    const get = (path: string) => http.get(path, { host: "reviews:9080" });
    expect(await repeat(answered, 4, () => get("/reviews/7"))).toEqual(Array(answered).fill(200));
    expect(await repeat(missing, 4, () => get("/status/404"))).toEqual(Array(missing).fill(404));
    expect(await repeat(calls, 4, () => grpc.call(0))).toEqual(Array(calls).fill(0));
    expect(await repeat(failedCalls, 4, () => grpc.call(14))).toEqual(Array(failedCalls).fill(14));
    await repeat(connections, 2, () => tcpExchange(portOf(mesh.client, "0.0.0.0_9000"), bytes));
    http.close();
    grpc.close();
  }

  const reporters = [
    { reporter: "source", labels: fromSource },
    { reporter: "destination", labels: { ...fromDestination, ...byAuthority } },
  ];

  test.each(reporters)("the $reporter counts each request once, with its labels", ({ reporter, labels }) => {
    const count = (matcher: object) => sum(samples, "istio_requests_total", { ...labels, ...matcher });
    expect(select(samples, "istio_requests_total", { reporter })).not.toEqual([]);
    expect(count({ request_protocol: "http", response_code: "200" })).toBe(answered);
    expect(count({ request_protocol: "http", response_code: "404" })).toBe(missing);
    expect(count({ request_protocol: "grpc", grpc_response_status: "0" })).toBe(calls);
    expect(count({ request_protocol: "grpc", grpc_response_status: "14" })).toBe(failedCalls);
    expect(sum(samples, "istio_requests_total", { reporter })).toBe(answered + missing + calls + failedCalls);
  });

  test.each(reporters)("the $reporter's histograms have the same counts and labels", ({ labels }) => {
    const requests = answered + missing + calls + failedCalls;
    for (const name of ["request_duration_milliseconds", "request_bytes", "response_bytes"])
      expect(sum(samples, `istio_${name}_count`, labels)).toBe(requests);
  });

  test.each([
    { reporter: "source", labels: fromSource },
    { reporter: "destination", labels: fromDestination },
  ])("the $reporter counts each TCP connection and its bytes once", ({ reporter, labels }) => {
    for (const one of [labels, { reporter }]) {
      expect(sum(samples, "istio_tcp_connections_opened_total", one)).toBe(connections);
      expect(sum(samples, "istio_tcp_connections_closed_total", one)).toBe(connections);
      expect(sum(samples, "istio_tcp_received_bytes_total", one)).toBe(connections * bytes);
      expect(sum(samples, "istio_tcp_sent_bytes_total", one)).toBe(connections * bytes);
    }
  });

  test("every label of Istio's metrics is there, in both reports", () => {
    const peers = [
      "workload",
      "canonical_service",
      "canonical_revision",
      "workload_namespace",
      "principal",
      "app",
      "version",
      "cluster",
    ];
    const expected = [
      "reporter",
      ...peers.flatMap((name) => [`source_${name}`, `destination_${name}`]),
      "destination_service",
      "destination_service_name",
      "destination_service_namespace",
      "request_protocol",
      "response_code",
      "grpc_response_status",
      "response_flags",
      "connection_security_policy",
    ].sort();
    for (const { labels } of select(samples, "istio_requests_total"))
      expect(Object.keys(labels).sort()).toEqual(expected);
  });

  test("both proxies' own counters agree", async () => {
    const requests = answered + missing + calls + failedCalls;
    const [client, server] = await Promise.all([mesh.client.stats(), mesh.server.stats()]);
    expect(client.get("http.0.0.0.0_9080.downstream_rq_total")).toBe(requests);
    expect(server.get("http.virtualInbound.downstream_rq_total")).toBe(requests);
  });
});

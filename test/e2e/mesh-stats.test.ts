import { afterAll, beforeAll, expect, test } from "vitest";
import type { ServicesAnswer } from "../../collector/stats/query/query.ts";
import { type Hub, startHub } from "./support/hub.ts";
import { portNumber, portOf } from "./support/lab.ts";
import { type Mesh, startMesh } from "./support/mesh.ts";
import { describeWith } from "./support/needs.ts";
import { grpcClient, http1Client, repeat } from "./support/traffic.ts";
import { settled } from "./support/wait.ts";

/** What is sent: 10,000 requests, the last of them when no server is there any more. */
const sent = { ok: 7_000, missing: 1_000, broken: 500, calls: 1_000, failedCalls: 300, refused: 200 };
const reached = sent.ok + sent.missing + sent.broken + sent.calls + sent.failedCalls;
const all = reached + sent.refused;

/** Requests that a sidecar counted itself, on its listeners for HTTP. */
const countedBy = (stats: ReadonlyMap<string, number>) =>
  [...stats]
    .filter(([name]) => /^http\..*\.downstream_rq_completed$/.test(name) && !name.startsWith("http.admin."))
    .reduce((sum, [, value]) => sum + value, 0);

describeWith("envoy", "openssl")("statistics of a client's and a server's sidecar in a row", () => {
  let hub: Hub;
  let mesh: Mesh;
  let serverCounted: number;
  let clientCounted: number;

  beforeAll(async () => {
    hub = await startHub();
    mesh = await startMesh(portNumber(hub.listeners.grpc));
    const port = portOf(mesh.client, "0.0.0.0_9080");
    const http = http1Client(port);
    const grpc = grpcClient(port, "reviews.default:9080");
    const get = (path: string) => http.get(path, { host: "reviews:9080" });
    await repeat(sent.ok, 8, () => get("/reviews/7"));
    await repeat(sent.missing, 8, () => get("/status/404"));
    await repeat(sent.broken, 8, () => get("/status/500"));
    await repeat(sent.calls, 8, () => grpc.call(0));
    await repeat(sent.failedCalls, 8, () => grpc.call(14));
    await settled(() => hub.total("mixdown_records_total"));
    serverCounted = countedBy(await mesh.server.stats());
    mesh.server.process.signal("SIGKILL");
    await mesh.server.process.ended();
    expect(await repeat(sent.refused, 8, () => get("/reviews/7"))).toEqual(Array(sent.refused).fill(503));
    await settled(() => hub.total("mixdown_records_total"));
    clientCounted = countedBy(await mesh.client.stats());
    http.close();
    grpc.close();
  }, 180_000);

  afterAll(async () => {
    await mesh?.stop();
    await hub?.stop();
  });

  async function reviews(reporter: string) {
    const answer = await hub.get(`/api/v1/stats/services?from=-15m&reporter=${reporter}`);
    const { services } = (await answer.json()) as ServicesAnswer;
    return services.find(({ name, namespace }) => name === "reviews" && namespace === "default");
  }

  test("Envoy's own counters agree with what was sent", () => {
    expect([clientCounted, serverCounted]).toEqual([all, reached]);
  });

  test.each([
    { reporter: "inbound", requests: reached, refused: 0 },
    { reporter: "outbound", requests: all, refused: sent.refused },
    { reporter: "auto", requests: all, refused: sent.refused },
  ])("reporter=$reporter counts each request once", async ({ reporter, requests, refused }) => {
    const service = await reviews(reporter);
    expect(service).toMatchObject({
      requests,
      errors: sent.broken + sent.failedCalls + refused,
      classes: {
        "2xx": sent.ok + sent.calls + sent.failedCalls,
        "3xx": 0,
        "4xx": sent.missing,
        "5xx": sent.broken + refused,
        none: 0,
      },
    });
    const unreached = service?.responses.filter(({ flags }) => flags?.includes("UF")) ?? [];
    expect(unreached.reduce((sum, row) => sum + row.requests, 0)).toBe(refused);
  });

  test("the edge from client to server has the same counts", async () => {
    const answer = await hub.get("/api/v1/stats/edges?from=-15m&reporter=outbound");
    const { edges } = (await answer.json()) as { edges: { source: string; destination: string; requests: number }[] };
    const sums = edges.filter(({ source }) => source.endsWith("/productpage")).map(({ requests }) => requests);
    expect(sums.reduce((sum, requests) => sum + requests, 0)).toBe(all);
  });

  test("Prometheus' series agree", async () => {
    expect(await hub.total("istio_requests_total", { reporter: "source" })).toBe(all);
    expect(await hub.total("istio_requests_total", { reporter: "destination" })).toBe(reached);
  });
});

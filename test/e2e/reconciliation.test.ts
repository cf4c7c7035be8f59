import { afterEach, beforeEach, expect, test } from "vitest";
import { type Envoy, startEnvoy } from "./support/envoy.ts";
import { type Hub, startHub } from "./support/hub.ts";
import { describeWith } from "./support/needs.ts";
import { freePort } from "./support/prometheus.ts";
import { http1Client, repeat } from "./support/traffic.ts";
import { waitFor } from "./support/wait.ts";

interface Proxy {
  readonly node: string;
  readonly logNames: readonly string[];
  readonly entries: number;
  readonly malformed: number;
  readonly logsWritten: number | null;
  readonly logsDropped: number | null;
  readonly missing: number | null;
}

describeWith("envoy")("what a proxy says that it sent, beside what arrived", () => {
  let port: number;
  let hub: Hub;
  let envoy: Envoy | undefined;

  beforeEach(async () => {
    port = await freePort();
    hub = await start();
  });

  afterEach(async () => {
    await envoy?.stop();
    await hub.stop();
  });

  const start = () =>
    startHub({
      settings: {
        listeners: {
          grpc: { address: `127.0.0.1:${port}` },
          http: null,
          admin: { address: "127.0.0.1:0" },
        },
      },
    });

  const startProxy = (statistics: "totals" | "growth" | undefined) =>
    startEnvoy({
      node: { id: "proxy-1", cluster: "lab" },
      hubPort: port,
      statistics,
      listeners: [
        { kind: "http", name: "first", logName: "first", routes: [{ prefix: "/", status: 200 }] },
        { kind: "http", name: "second", logName: "second", routes: [{ prefix: "/", status: 503 }] },
      ],
      clusters: [],
    });

  async function request(count: number): Promise<void> {
    for (const listener of ["first", "second"]) {
      const client = http1Client(envoy!.ports[listener]!);
      await repeat(count / 2, 4, () => client.get("/"));
      client.close();
    }
  }

  /** The proxy's row once it satisfies the condition. */
  const proxyWith = (what: string, holds: (proxy: Proxy) => boolean) =>
    waitFor(what, async () => {
      const { proxies } = (await (await hub.get("/api/v1/proxies")).json()) as { proxies: readonly Proxy[] };
      return proxies.find((proxy) => proxy.node === "proxy-1" && holds(proxy));
    });

  test.each(["totals", "growth"] as const)("of a proxy that pushes %s, both come to the same", async (statistics) => {
    envoy = await startProxy(statistics);
    await request(100);
    await proxyWith("the first hundred", (proxy) => proxy.logsWritten === 100 && proxy.entries === 100);
    await request(60);
    const proxy = await proxyWith("all", ({ logsWritten, entries }) => logsWritten === 160 && entries === 160);
    expect(proxy).toMatchObject({ logNames: ["first", "second"], malformed: 0, logsDropped: 0, missing: 0 });
    expect((await envoy.stats()).get("access_logs.grpc_access_log.logs_written")).toBe(160);
  });

  test("of a proxy that logged before the hub was there, only what was since counts", async () => {
    envoy = await startProxy("totals");
    await request(80);
    await proxyWith("what was before", ({ logsWritten }) => logsWritten === 80);
    await hub.stop();
    hub = await start();
    await proxyWith("the first statistics", ({ logsWritten }) => logsWritten !== null);
    await request(40);
    const proxy = await proxyWith("what was since", ({ entries, missing }) => entries === 40 && missing === 0);
    expect(proxy.logsWritten).toBe(40);
  });

  test("of a proxy that keeps its statistics to itself, nothing is known", async () => {
    envoy = await startProxy(undefined);
    await request(10);
    const proxy = await proxyWith("its entries", ({ entries }) => entries === 10);
    expect(proxy).toMatchObject({ logsWritten: null, logsDropped: null, missing: null });
  });
});

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { requirePeer } from "../support/peers.ts";
import { composeFile as file, startComposedEnvoy as startFrom } from "./support/composed.ts";
import type { Envoy } from "./support/envoy.ts";
import { type Hub, startHub } from "./support/hub.ts";
import { describeWith } from "./support/needs.ts";
import { type Prometheus, startPrometheusWith } from "./support/prometheus.ts";
import { http1Client } from "./support/traffic.ts";
import { waitUntil } from "./support/wait.ts";

/** What is asked of the proxy in front, and what must be counted for it. */
const requests = [
  { path: "/orders/42", times: 7, service: "orders", code: 200 },
  { path: "/orders/missing", times: 3, service: "orders", code: 404 },
  { path: "/payments/broken", times: 2, service: "payments", code: 500 },
  { path: "/payments/slow", times: 1, service: "payments", code: 200 },
  { path: "/nowhere", times: 4, service: "unknown", code: 404 },
];

describeWith(
  "envoy",
  "prometheus",
  "promtool",
)("the files of docker-compose.yml", () => {
  let hub: Hub;
  let envoys: Envoy[] = [];
  let prometheus: Prometheus;

  beforeAll(async () => {
    hub = await startHub();
    const upstreams = await Promise.all(["orders", "payments"].map(() => startFrom("upstream.yaml", {})));
    const [orders, payments] = upstreams.map(({ ports }) => `127.0.0.1:${ports.http}`);
    const front = await startFrom("envoy.yaml", {
      "mixdown:4317": hub.listeners.grpc ?? "",
      "orders:8080": orders ?? "",
      "payments:8080": payments ?? "",
    });
    envoys = [front, ...upstreams];
    const settings = readFileSync(file("prometheus.yml"), "utf8");
    expect(settings).toContain('"mixdown:8080"');
    prometheus = await startPrometheusWith(settings.replace("mixdown:8080", hub.listeners.admin ?? ""));
  });

  afterAll(async () => {
    await prometheus.stop();
    for (const envoy of envoys) await envoy.stop();
    await hub.stop();
  });

  test.each(["envoy.yaml", "upstream.yaml"])("Envoy takes %s as it is", (name) => {
    const node = ["--service-node", "x", "--service-cluster", "x"];
    const { status, stdout } = spawnSync(requirePeer("envoy"), ["--mode", "validate", "-c", file(name), ...node], {
      encoding: "utf8",
    });
    expect([status, stdout]).toEqual([0, expect.stringContaining("OK")]);
  });

  test("Prometheus takes prometheus.yml as it is", () => {
    const { status, stdout } = spawnSync(requirePeer("promtool"), ["check", "config", file("prometheus.yml")], {
      encoding: "utf8",
    });
    expect([status, stdout]).toEqual([0, expect.stringContaining("SUCCESS")]);
  });

  test("count every request once, from the proxy to Prometheus", async () => {
    const client = http1Client(envoys[0]?.ports.front ?? 0);
    for (const { path, times, code } of requests)
      for (let sent = 0; sent < times; sent++) expect([path, await client.get(path)]).toEqual([path, code]);
    client.close();
    const total = requests.reduce((sum, { times }) => sum + times, 0);
    await waitUntil(
      "Prometheus to have every request",
      async () => (await prometheus.value("sum(istio_requests_total)")) >= total,
    );
    const counted = await prometheus.query(
      "sum by (destination_service_name, response_code, reporter) (istio_requests_total)",
    );
    const found = counted.map(
      ({ labels: { reporter, destination_service_name: service, response_code: code }, value }) => [
        `${reporter} ${service} ${code}`,
        value,
      ],
    );
    const wanted = new Map<string, number>();
    for (const { service, code, times } of requests) {
      const key = `source ${service} ${code}`;
      wanted.set(key, (wanted.get(key) ?? 0) + times);
    }
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(wanted));
    expect(await prometheus.value('sum(istio_requests_total{source_workload="front"})')).toBe(total);
  });

  test("the slow answer is seen as slow", async () => {
    const sum = await hub.total("istio_request_duration_milliseconds_sum", { destination_service_name: "payments" });
    expect(sum).toBeGreaterThan(250);
  });
});

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { composeFile, startComposedEnvoy } from "./support/composed.ts";
import type { Envoy } from "./support/envoy.ts";
import { temporaryFolder } from "./support/folder.ts";
import { defaultConfig, freePorts, type Hub, startHub } from "./support/hub.ts";
import { describeWith } from "./support/needs.ts";
import { type OtelCollector, startOtelCollector } from "./support/otel-collector.ts";
import { http1Client } from "./support/traffic.ts";
import { waitUntil } from "./support/wait.ts";

const requests = 5;

describeWith("envoy", "otelcol")("the profile tracing of docker-compose.yml", () => {
  const folder = temporaryFolder("compose-tracing");
  const file = join(folder.path, "tracing.yaml");
  let collector: OtelCollector;
  let orders: Envoy;

  beforeAll(async () => {
    collector = await startOtelCollector();
    orders = await startComposedEnvoy("upstream.yaml", {});
    const settings = readFileSync(composeFile("mixdown/tracing.yaml"), "utf8");
    expect(settings).toContain('"http://jaeger:4317"');
    writeFileSync(file, settings.replace("http://jaeger:4317", collector.grpc));
  });

  afterAll(async () => {
    await orders.stop();
    await collector.stop();
    folder.remove();
  });

  /** Sends requests through the Envoy in front, and waits until the hub has their spans: two each. */
  async function send(profiles: string, check: (hub: Hub) => Promise<void>): Promise<void> {
    const hub = await startHub({
      base: [defaultConfig, file],
      settings: freePorts,
      env: { COMPOSE_PROFILES: profiles },
    });
    const front = await startComposedEnvoy("envoy.yaml", {
      "mixdown:4317": hub.listeners.grpc ?? "",
      "orders:8080": `127.0.0.1:${orders.ports.http}`,
    });
    const client = http1Client(front.ports.front ?? 0);
    for (let sent = 0; sent < requests; sent++) expect(await client.get("/orders/42")).toBe(200);
    client.close();
    const spans = () => hub.total("mixdown_records_total", { source: "otlp" });
    await waitUntil("the spans", async () => (await spans()) === 2 * requests);
    await check(hub);
    await front.stop();
    expect(await hub.stop()).toBe(0);
  }

  test("has each request as a trace in the backend", async () => {
    await send("kafka,tracing", async () => {
      await waitUntil("the backend to have them", () => collector.spans().length === 2 * requests);
      const traces = [...Map.groupBy(collector.spans(), ({ traceId }) => traceId).values()];
      expect(traces).toHaveLength(requests);
      for (const trace of traces) {
        const [root, attempt] = trace.sort((a, b) => a.parentSpanId.length - b.parentSpanId.length);
        expect([root?.kind, attempt?.kind, attempt?.parentSpanId]).toEqual([2, 3, root?.spanId]);
        expect(root?.resource["service.name"]?.stringValue).toBe("front");
      }
    });
  });

  test("has nothing there without the profile", async () => {
    const before = collector.spans().length;
    await send("", async (hub) => {
      expect(await hub.total("mixdown_handler_received_total", { handler: "jaeger" })).toBe(0);
    });
    expect(collector.spans()).toHaveLength(before);
  });
});

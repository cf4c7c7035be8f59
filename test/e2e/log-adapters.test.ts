import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Envoy, startEnvoy } from "./support/envoy.ts";
import { temporaryFolder } from "./support/folder.ts";
import { freePorts, type Hub, startHub } from "./support/hub.ts";
import { portNumber, portOf } from "./support/lab.ts";
import { describeWith } from "./support/needs.ts";
import { type CollectedLog, type OtelCollector, startOtelCollector } from "./support/otel-collector.ts";
import { http1Client, repeat } from "./support/traffic.ts";
import { startHttp, type Upstream } from "./support/upstream.ts";
import { waitUntil } from "./support/wait.ts";

const answered = 30;
const failed = 20;
const requests = answered + failed;

const linesOf = (file: string) => (existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : []);

describeWith("envoy", "otelcol")("one stream of access logs to files, the console and a collector", () => {
  const folder = temporaryFolder("logs");
  const file = (name: string) => join(folder.path, name);
  let collector: OtelCollector;
  let upstream: Upstream;
  let hub: Hub;
  let envoy: Envoy;

  beforeAll(async () => {
    [collector, upstream] = await Promise.all([startOtelCollector(), startHttp()]);
    hub = await startHub({
      base: [],
      settings: { ...freePorts, handlers: handlers(), rules: [{ name: "all", match: "true", actions: actions() }] },
    });
    envoy = await startEnvoy({
      node: { id: "proxy-1", cluster: "web" },
      hubPort: portNumber(hub.listeners.grpc),
      listeners: [
        {
          kind: "http",
          name: "http",
          logName: "http",
          logFile: file("envoy.log"),
          routes: [{ prefix: "/", cluster: "cart" }],
        },
      ],
      clusters: [{ name: "cart", port: upstream.port }],
    });
    const client = http1Client(portOf(envoy, "http"));
    await repeat(answered, 4, () => client.get("/ok?a=1", { "user-agent": 'quoted "agent"' }));
    await repeat(failed, 4, () => client.get("/status/503"));
    client.close();
    await waitUntil("everything to be written", () =>
      [...["envoy.log", "text.log", "json.log"].map((name) => linesOf(file(name))), overGrpc(), overHttp()].every(
        ({ length }) => length === requests,
      ),
    );
  });

  afterAll(async () => {
    await envoy.stop();
    await hub.stop();
    await collector.stop();
    await upstream.close();
    folder.remove();
  });

  function handlers() {
    const resource = (via: string) => ({ via });
    return {
      json: { adapter: "file", params: { path: file("json.log") } },
      text: { adapter: "file", params: { path: file("text.log"), format: "text" } },
      console: { adapter: "stdio", params: { format: "text", line: "%RESPONSE_CODE% %url.path%" } },
      grpc: { adapter: "otlp-logs", params: { endpoint: collector.grpc, resource: resource("grpc") } },
      http: {
        adapter: "otlp-logs",
        params: { endpoint: collector.http, protocol: "http", body: "text", resource: resource("http") },
      },
      edges: { adapter: "otlp-logs", params: { endpoint: collector.grpc, resource: resource("edges") } },
    };
  }

  const actions = () => [
    ...["json", "text", "console", "grpc", "http"].map((handler) => ({ handler, instances: ["accesslog"] })),
    { handler: "edges", instances: ["edges"] },
  ];

  const via = (way: string) => collector.logs().filter(({ resource }) => resource.via?.stringValue === way);
  const overGrpc = () => via("grpc");
  const overHttp = () => via("http");
  const codes = (logs: readonly CollectedLog[]) =>
    Map.groupBy(logs, ({ attributes }) => attributes["http.response.status_code"]?.intValue);

  test("text lines are those that Envoy writes itself, as far as the log says the same", () => {
    const comparable = (line: string) => line.split(" ").slice(0, 9).join(" ");
    const own = linesOf(file("text.log")).map(comparable).sort();
    expect(own).toEqual(linesOf(file("envoy.log")).map(comparable).sort());
    expect(own[0]).toMatch(/^\[20.*Z\] "GET \/ok\?a=1 HTTP\/1\.1" 200 - 0 \d+ \d+$/);
    expect(linesOf(file("text.log")).filter((line) => line.includes('"quoted \\"agent\\""'))).toHaveLength(answered);
  });

  test("JSON lines have the types of their variables", () => {
    const lines = linesOf(file("json.log")).map((line) => JSON.parse(line));
    expect(lines.filter((line) => line["http.response.status_code"] === 503)).toHaveLength(failed);
    expect(lines[0]).toMatchObject({ "url.query": "a=1", "http.server.request.duration": expect.any(Number) });
  });

  test("the console has every line", async () => {
    const lines = () => hub.process.stdout().trimEnd().split("\n");
    await waitUntil("every line", () => lines().length === requests);
    expect(lines().filter((line) => line === "503 /status/503")).toHaveLength(failed);
  });

  test.each([
    ["gRPC", overGrpc],
    ["HTTP", overHttp],
  ] as const)("the collector has every record over %s", (_, logs) => {
    const byCode = codes(logs());
    expect([byCode.get("200")?.length, byCode.get("503")?.length]).toEqual([answered, failed]);
    const [{ record, resource, scope, attributes }] = byCode.get("503") as [CollectedLog];
    expect(scope).toBe("mixdown");
    expect(resource["service.name"]).toEqual({ stringValue: "cart" });
    expect(record).toMatchObject({ eventName: "accesslog", severityNumber: expect.any(Number) });
    expect(BigInt(record.timeUnixNano as string)).toBeGreaterThan(1_700_000_000_000_000_000n);
    expect(attributes).toMatchObject({
      "http.request.method": { stringValue: "GET" },
      "url.path": { stringValue: "/status/503" },
      "http.response.body.size": { intValue: expect.any(String) },
      "http.server.request.duration": { doubleValue: expect.any(Number) },
    });
  });

  test("a body is the line of text", () => {
    const [first] = overHttp() as [CollectedLog];
    expect(first.record.body).toEqual({ stringValue: expect.stringMatching(/^\[20.*Z\] "GET /) });
    expect(overGrpc()[0]?.record.body).not.toHaveProperty("stringValue");
  });

  test("the collector has the edges as events", async () => {
    await waitUntil("every edge", () => via("edges").length === requests);
    expect(via("edges")[0]).toMatchObject({
      record: { eventName: "mixdown.edge" },
      attributes: { protocol: { stringValue: "http" }, "source.workload": { stringValue: "web" } },
    });
  });

  test("every handler says that all was delivered", async () => {
    const { handlers } = (await (await hub.get("/api/v1/handlers")).json()) as { handlers: Record<string, unknown>[] };
    expect(handlers).toHaveLength(6);
    for (const handler of handlers)
      expect(handler).toMatchObject({ received: requests, delivered: requests, pending: 0 });
  });

  test("while the collector is away the others go on, and it gets everything when it is back", async () => {
    await collector.pause();
    const client = http1Client(portOf(envoy, "http"));
    await repeat(answered, 4, () => client.get("/ok?away"));
    await waitUntil("the lines meanwhile", () =>
      ["text.log", "json.log"].every((name) => linesOf(file(name)).length === requests + answered),
    );
    expect(overGrpc()).toHaveLength(requests);
    await collector.resume();
    await waitUntil("the records of that time", () =>
      [overGrpc(), overHttp(), via("edges")].every(({ length }) => length >= requests + answered),
    );
    client.close();
    const away = (logs: readonly CollectedLog[]) =>
      logs.filter(({ attributes }) => attributes["url.query"]?.stringValue === "away");
    expect([away(overGrpc()).length, away(overHttp()).length]).toEqual([answered, answered]);
  });
});

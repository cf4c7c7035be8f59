import { afterAll, beforeAll, expect, test } from "vitest";
import { type Envoy, startEnvoy } from "./support/envoy.ts";
import { type Hub, startHub } from "./support/hub.ts";
import { portNumber, portOf } from "./support/lab.ts";
import { describeWith } from "./support/needs.ts";
import { type CollectedSpan, type OtelCollector, startOtelCollector } from "./support/otel-collector.ts";
import { http1Client } from "./support/traffic.ts";
import { startHttp, type Upstream } from "./support/upstream.ts";
import { waitFor } from "./support/wait.ts";

const trace = "0af7651916cd43dd8448eb211c80319c";
const caller = "b7ad6b7169203331";
const listener = { address: "127.0.0.1:0" };
const SERVER = 2;
const CLIENT = 3;

describeWith("envoy", "otelcol")("spans that the hub makes, in a real collector", () => {
  let collector: OtelCollector;
  let upstream: Upstream;
  let hub: Hub;
  let envoys: Envoy[] = [];

  beforeAll(async () => {
    [collector, upstream] = await Promise.all([startOtelCollector(), startHttp()]);
    const lane = { batch: { maxAge: "100ms" } };
    hub = await startHub({
      settings: {
        listeners: { grpc: listener, http: listener, admin: listener },
        tracing: { handler: "own", sample: 1 },
        handlers: {
          made: { adapter: "otlp", params: { endpoint: collector.grpc, resource: { via: "made" } }, ...lane },
          relayed: { adapter: "otlp", params: { endpoint: collector.grpc }, ...lane },
          own: { adapter: "otlp", params: { endpoint: collector.grpc }, ...lane },
        },
        instances: { spans_of_logs: { template: "tracespan" } },
        rules: [
          { name: "no", match: '(request.url_path | "") == "/no"', deny: { status: 403 } },
          {
            name: "made",
            match: 'context.signal == "accesslog"',
            actions: [{ handler: "made", instances: ["spans_of_logs"] }],
          },
          {
            name: "relayed",
            match: 'context.signal == "span"',
            actions: [{ handler: "relayed", instances: ["spans"] }],
          },
        ],
      },
    });
    const proxy = (name: string, tracing: boolean) =>
      startEnvoy({
        node: { id: name, cluster: name },
        hubPort: portNumber(hub.listeners.grpc),
        listeners: [
          {
            ...{ kind: "http" as const, name: "http", logName: name, logHeaders: ["traceparent"], checked: true },
            routes: [{ prefix: "/", cluster: "cart" }],
          },
        ],
        clusters: [{ name: "cart", port: upstream.port }],
        ...(tracing && {
          tracing: {
            ...{ protocol: "otlp-grpc" as const, httpPort: portNumber(hub.listeners.http), service: "edge", tags: {} },
          },
        }),
      });
    envoys = [await proxy("passing", false), await proxy("tracing", true)];
  });

  afterAll(async () => {
    for (const envoy of envoys) await envoy.stop();
    await hub.stop();
    await collector.stop();
    await upstream.close();
  });

  const found = (what: string, fits: (span: CollectedSpan) => boolean) =>
    waitFor(what, () => collector.spans().find(fits), 20_000);
  const textOf = ({ resource }: CollectedSpan, name: string) => resource[name]?.stringValue;

  async function get(envoy: Envoy | undefined, path: string, span: string, traceId = trace): Promise<number> {
    const client = http1Client(portOf(envoy as Envoy, "http"));
    const code = await client.get(path, { traceparent: `00-${traceId}-${span}-01`, host: "cart" });
    client.close();
    return code;
  }

  test("an access log of a proxy that passes the context on becomes a child of the caller's span", async () => {
    expect(await get(envoys[0], "/status/503?token=secret", caller)).toBe(503);
    const span = await found("the span", (each) => textOf(each, "via") === "made");
    expect(span).toMatchObject({ traceId: trace, parentSpanId: caller, kind: CLIENT, status: { code: 2 } });
    expect(span.spanId).not.toBe(caller);
    expect(span.attributes).toMatchObject({
      "http.request.method": { stringValue: "GET" },
      "http.response.status_code": { intValue: "503" },
      "url.path": { stringValue: "/status/503" },
      "server.address": { stringValue: "cart" },
      "error.type": { stringValue: "503" },
    });
    expect(JSON.stringify(span)).not.toContain("secret");
  });

  test("a check is below the caller's span where the proxy does not trace", async () => {
    const other = "00f067aa0ba902b7";
    expect(await get(envoys[0], "/no", other)).toBe(403);
    const check = await found("the check", ({ parentSpanId }) => parentSpanId === other);
    expect([textOf(check, "service.name"), check.name, check.kind]).toEqual(["mixdown", "check ext_authz", SERVER]);
    expect(check.attributes).toMatchObject({
      "check.rule": { stringValue: "no" },
      "check.allowed": { boolValue: false },
    });
  });

  test("a check is below the proxy's own span of its question where the proxy traces, down to the caller's", async () => {
    const [traceId, other] = ["4bf92f3577b34da6a3ce929d0e0e4736", "53995c3f42cd8ad8"];
    expect(await get(envoys[1], "/", other, traceId)).toBe(200);
    const below = (parent: string, what: string) => found(what, ({ parentSpanId }) => parentSpanId === parent);
    const request = await below(other, "the proxy's span of the request");
    expect([textOf(request, "service.name"), request.kind]).toEqual(["edge", SERVER]);
    const check = await found("the check", (span) => span.traceId === traceId && span.name === "check ext_authz");
    const asked = await found("the proxy's span of the question", ({ spanId }) => spanId === check.parentSpanId);
    expect([textOf(asked, "service.name"), asked.kind, asked.parentSpanId]).toEqual(["edge", CLIENT, request.spanId]);
  });

  test("batches and deliveries begin traces of their own, but for deliveries of what the hub tells of itself", async () => {
    for (const name of ["receive accesslog", "receive otlp", "deliver made", "deliver relayed"]) {
      const span = await found(name, (each) => each.name === name);
      expect([textOf(span, "service.name"), span.parentSpanId]).toEqual(["mixdown", ""]);
    }
    const { handlers } = (await (await hub.get("/api/v1/handlers")).json()) as {
      readonly handlers: readonly { readonly name: string; readonly dropped: object; readonly deadLettered: number }[];
    };
    expect(handlers.find(({ name }) => name === "own")).toMatchObject({ dropped: {}, deadLettered: 0 });
    expect(collector.spans().map(({ name }) => name)).not.toContain("deliver own");
  });
});

import { DiagLogLevel, diag, ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePorts, type Hub, startHub } from "./support/hub.ts";
import { describeWith } from "./support/needs.ts";
import { type CollectedSpan, type OtelCollector, startOtelCollector } from "./support/otel-collector.ts";
import { waitFor, waitUntil } from "./support/wait.ts";

const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });

describeWith("otelcol")("a program with OpenTelemetry's SDK for JavaScript exports to the hub", () => {
  let collector: OtelCollector;
  let hub: Hub;
  let provider: BasicTracerProvider;
  const warnings: unknown[][] = [];
  /** What the SDK was told of requests that were taken in part. */
  const partialSuccesses = () =>
    warnings.flatMap(([said, what]) =>
      said === "Received Partial Success response:" ? [JSON.parse(String(what))] : [],
    );

  beforeAll(async () => {
    collector = await startOtelCollector();
    hub = await startHub({
      settings: {
        ...freePorts,
        handlers: {
          traces: { adapter: "otlp", params: { endpoint: collector.grpc }, batch: { maxAge: "100ms" } },
        },
        rules: [
          { name: "t", match: 'context.signal == "span"', actions: [{ handler: "traces", instances: ["spans"] }] },
        ],
      },
    });
    const none = () => {};
    const logger = { error: none, info: none, debug: none, verbose: none };
    diag.setLogger({ ...logger, warn: (...words) => void warnings.push(words) }, DiagLogLevel.WARN);
    const exporter = new OTLPTraceExporter({ url: `http://${hub.listeners.grpc}`, timeoutMillis: 10_000 });
    provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ "service.name": "shop", "service.version": "1.2", replicas: 3, canary: true }),
      spanLimits: { attributeCountLimit: 3, eventCountLimit: 2, linkCountLimit: 1 },
      spanProcessors: [new BatchSpanProcessor(exporter)],
    });
  });

  afterAll(async () => {
    diag.disable();
    await provider.shutdown();
    await hub.stop();
    await collector.stop();
  });

  const found = (name: string) =>
    waitFor(name, () => collector.spans().find((span) => span.name === name), 20_000) as Promise<CollectedSpan>;

  test("spans arrive whole in a real collector: parents, events, links and what was dropped of them", async () => {
    const tracer = provider.getTracer("checkout", "2.0");
    const root = tracer.startSpan("order", { kind: SpanKind.SERVER });
    const elsewhere = {
      ...{ traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", traceFlags: TraceFlags.SAMPLED },
    };
    const child = tracer.startSpan(
      "charge",
      {
        kind: SpanKind.CLIENT,
        attributes: { a: "1", b: 2, c: true, d: "too many" },
        links: [{ context: elsewhere, attributes: { why: "retry" } }, { context: elsewhere }],
      },
      trace.setSpan(ROOT_CONTEXT, root),
    );
    for (const name of ["sent", "answered", "logged"]) child.addEvent(name, { step: name });
    child.setStatus({ code: SpanStatusCode.ERROR, message: "card declined" }).end();
    root.end();
    await provider.forceFlush();
    const [order, charge] = [await found("order"), await found("charge")];
    expect([order.traceId, order.spanId, order.parentSpanId, order.kind]).toEqual([
      ...[root.spanContext().traceId, root.spanContext().spanId, "", 2],
    ]);
    expect(charge).toMatchObject({
      ...{ traceId: order.traceId, parentSpanId: order.spanId, kind: 3 },
      status: { code: 2, message: "card declined" },
      attributes: { a: { stringValue: "1" }, b: { intValue: "2" }, c: { boolValue: true } },
      droppedAttributesCount: 1,
      events: ["answered", "logged"].map((name) => ({ name, attributes: [attribute("step", name)] })),
      droppedEventsCount: 1,
      resource: {
        ...{ "service.name": { stringValue: "shop" }, "service.version": { stringValue: "1.2" } },
        ...{ replicas: { intValue: "3" }, canary: { boolValue: true } },
      },
    });
    expect(charge.droppedLinksCount).toBe(1);
    expect(charge.links).toHaveLength(1);
    expect(partialSuccesses()).toEqual([]);
  });

  test("many at once arrive once each, every one below its parent", async () => {
    const tracer = provider.getTracer("load");
    for (let i = 0; i < 300; i++) {
      const root = tracer.startSpan(`root ${i}`);
      const context = trace.setSpan(ROOT_CONTEXT, root);
      for (let each = 0; each < 3; each++) tracer.startSpan(`leaf ${i}`, {}, context).end();
      root.end();
    }
    await provider.forceFlush();
    const loaded = () => collector.spans().filter(({ name }) => /^(root|leaf) \d/.test(name));
    await waitUntil("every span", () => loaded().length >= 1200);
    const spans = loaded();
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(1200);
    const roots = new Map(spans.flatMap((span) => (span.parentSpanId === "" ? [[span.spanId, span] as const] : [])));
    expect(roots.size).toBe(300);
    for (const leaf of spans.filter(({ parentSpanId }) => parentSpanId !== "")) {
      const root = roots.get(leaf.parentSpanId);
      expect([leaf.traceId, leaf.name]).toEqual([root?.traceId, root?.name.replace("root", "leaf")]);
    }
  });

  test("what the hub refuses of a request is told as a partial success, which the SDK understands", async () => {
    const tracer = provider.getTracer("clock");
    const day = 86_400_000;
    const future = Date.now() + 800 * day;
    tracer.startSpan("from the future", { startTime: future }).end(future + 1);
    tracer.startSpan("from now").end();
    await provider.forceFlush();
    await found("from now");
    expect(partialSuccesses()).toEqual([{ rejectedSpans: 1, errorMessage: expect.stringContaining("year") }]);
    expect(collector.spans().map(({ name }) => name)).not.toContain("from the future");
    expect(await hub.total("mixdown_decode_errors_total", { reason: "span_future" })).toBe(1);
  });
});

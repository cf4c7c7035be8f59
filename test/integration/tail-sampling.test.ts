import { createHash } from "node:crypto";
import { fromBinary } from "@bufbuild/protobuf";
import { afterEach, expect, test } from "vitest";
import { type Span, TracesDataSchema } from "../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import { connectGrpc } from "../support/grpc-client.ts";
import { type OtlpBackend, startOtlpBackend } from "../support/otlp-backend.ts";
import { aRequest, aSpan } from "../support/otlp-span.ts";
import { openRunningHub, type RunningHub } from "../support/running-hub.ts";

const method = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
let hub: RunningHub | undefined;
let backend: OtlpBackend;

afterEach(async () => {
  await hub?.close();
  hub = undefined;
});

/** Sections that send what an instance of these settings keeps to the backend. */
const sectionsOf = (params: object, timeout = "10s") => ({
  handlers: {
    traces: { adapter: "otlp", params: { endpoint: `http://${backend.address}` }, timeout, batch: { maxAge: "1ms" } },
  },
  instances: { kept: { template: "spans", params } },
  rules: [{ name: "traces", actions: [{ handler: "traces", instances: ["kept"] }] }],
});

async function open(params: object): Promise<void> {
  backend = await startOtlpBackend();
  hub = await openRunningHub({ grpc: { address: "127.0.0.1:0" } }, sectionsOf(params));
}

async function send(spans: readonly Span[]): Promise<void> {
  const connection = await connectGrpc(hub!.listeners.grpc as string);
  for (let at = 0; at < spans.length; at += 50)
    expect((await connection.unary(method, aRequest(spans.slice(at, at + 50)))).status).toBe(0);
  await connection.close();
}

/** Ids whose random bits fall evenly. */
const traceId = (n: number) => createHash("sha256").update(String(n)).digest().subarray(0, 16);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const passes = (n: number, threshold: string) => hex(traceId(n)).slice(-14) >= threshold;

const received = (): Span[] =>
  backend.received
    .flatMap(({ body }) => fromBinary(TracesDataSchema, body).resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
const byTrace = () => Map.groupBy(received(), (span) => hex(span.traceId));

async function until(look: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await look())) await new Promise((resolve) => setImmediate(resolve));
}

async function handler(): Promise<Record<string, unknown>> {
  const answer = await fetch(`http://${hub!.listeners.admin}/api/v1/handlers`);
  const { handlers } = (await answer.json()) as { handlers: Record<string, unknown>[] };
  return handlers.find(({ name }) => name === "traces")!;
}

const total = (name: string, labels = {}) => hub!.total(`mixdown_sampling_${name}`, { handler: "traces", ...labels });

test("traces with an error are kept whole, of the others a part, and every span is accounted for", async () => {
  await open({
    set: { "mixdown.rule": '"tail"' },
    tail: {
      quiet: "3s",
      keep: [
        { name: "errors", when: "response.code >= 500" },
        { name: "rest", rate: 0.25 },
      ],
    },
  });
  const traces = Array.from({ length: 200 }, (_, n) => n);
  const failed = (n: number) => n % 20 === 0;
  const spanOf = (n: number, code: number) => aSpan(code % 7, { "http.status_code": code }, { traceId: traceId(n) });
  // The failed span is neither the first nor the last of its trace.
  await send(traces.map((n) => spanOf(n, 200)));
  await send(traces.map((n) => spanOf(n, failed(n) ? 503 : 204)));
  await send(traces.map((n) => spanOf(n, 201)));
  await until(async () => (await total("waiting_traces")) === 0);
  const kept = traces.filter((n) => failed(n) || passes(n, "c0000000000000"));
  await until(() => received().length >= kept.length * 3);

  const found = byTrace();
  expect([...found.keys()].sort()).toEqual(kept.map((n) => hex(traceId(n))).sort());
  for (const n of kept) {
    const spans = found.get(hex(traceId(n)))!;
    expect(spans).toHaveLength(3);
    expect(new Set(spans.map(({ traceState }) => traceState))).toEqual(new Set([failed(n) ? "" : "ot=th:c"]));
    expect(spans[0]!.attributes.map(({ key }) => key)).toEqual(["http.status_code", "mixdown.rule"]);
  }
  const leftOut = (200 - kept.length) * 3;
  await until(async () => (await handler()).delivered === kept.length * 3);
  expect(await handler()).toMatchObject({
    records: 600,
    filtered: 0,
    sampling: { waiting: 0, leftOut: { rest: leftOut } },
    received: 600 - leftOut,
    pending: 0,
  });
  expect(await total("spans_total", { outcome: "kept", reason: "errors" })).toBe(30);
  expect(await total("spans_total", { outcome: "left_out", reason: "rest" })).toBe(leftOut);
  expect(await total("traces_total", { reason: "errors", cause: "certain" })).toBe(10);
  expect(await total("traces_total", { reason: "rest", cause: "quiet" })).toBe(190);
  expect(await total("waiting_bytes")).toBe(0);
});

test("traces of requests that the hub refused are kept whole, by the decision on the proxy's span", async () => {
  backend = await startOtlpBackend();
  const { rules, ...sections } = sectionsOf({ tail: { keep: [{ name: "denied", when: 'check.verdict == "deny"' }] } });
  const noAdmin = { name: "no-admin", match: 'request.url_path == "/admin"', deny: {} };
  const address = "127.0.0.1:0";
  hub = await openRunningHub({ grpc: { address }, http: { address } }, { ...sections, rules: [noAdmin, ...rules] });
  const pathOf = (n: number) => (n % 5 === 0 ? "/admin" : "/");
  for (let n = 0; n < 20; n++) {
    const attributes = { "request.id": `q-${n}`, "request.path": `${pathOf(n)}?token=x` };
    const asked = { method: "POST", body: JSON.stringify({ attributes }) };
    expect((await fetch(`http://${hub.listeners.http}/v1/check`, asked)).status).toBe(200);
  }
  const tagsOf = (n: number) => ({ "guid:x-request-id": `q-${n}`, "http.url": `http://shop${pathOf(n)}?token=x` });
  const traces = Array.from({ length: 20 }, (_, n) => n);
  await send(traces.map((n) => aSpan(1, {}, { traceId: traceId(n) })));
  await send(traces.map((n) => aSpan(2, tagsOf(n), { traceId: traceId(n) })));
  await hub.close(5_000);
  hub = undefined;
  const found = byTrace();
  expect([...found.keys()].sort()).toEqual([0, 5, 10, 15].map((n) => hex(traceId(n))).sort());
  expect([...found.values()].map((spans) => spans.length)).toEqual([2, 2, 2, 2]);
});

test("what waits when the hub stops is decided and delivered", async () => {
  await open({
    tail: {
      keep: [
        { name: "errors", when: "response.code >= 500" },
        { name: "rest", rate: 0.5 },
      ],
    },
  });
  const passing = Array.from({ length: 40 }, (_, n) => n).filter((n) => passes(n, "80000000000000"));
  await send(Array.from({ length: 40 }, (_, n) => aSpan(1, {}, { traceId: traceId(n) })));
  expect([await total("waiting_spans"), (await handler()).sampling]).toEqual([40, { waiting: 40, leftOut: {} }]);
  await hub!.close(5_000);
  hub = undefined;
  expect([...byTrace().keys()].sort()).toEqual(passing.map((n) => hex(traceId(n))).sort());
});

test("a reload leaves waiting what it changes nothing of, and else decides it by the rules that it came under", async () => {
  const keep = [
    { name: "errors", when: "response.code >= 500" },
    { name: "rest", rate: 0.5 },
  ];
  await open({ tail: { keep } });
  await send(Array.from({ length: 40 }, (_, n) => aSpan(1, {}, { traceId: traceId(n) })));
  await hub!.reload(sectionsOf({ tail: { keep } }, "9s")); // Another lane, the same rules.
  expect([await total("waiting_spans"), received()]).toEqual([40, []]);

  await hub!.reload(sectionsOf({ tail: { keep: keep.slice(0, 1) } }, "9s"));
  const passing = Array.from({ length: 40 }, (_, n) => n).filter((n) => passes(n, "80000000000000"));
  await until(() => received().length === passing.length);
  expect(await total("traces_total", { reason: "rest", cause: "reload" })).toBe(40);
  await send([aSpan(2, {}, { traceId: traceId(passing[0]!) })]);
  await until(() => received().length === passing.length + 1);
  expect(await total("late_spans_total", { outcome: "kept" })).toBe(1);
});

test("spans that nothing samples have no such metrics", async () => {
  await open({});
  await send([aSpan(1)]);
  await until(() => received().length === 1);
  const page = await (await fetch(`http://${hub!.listeners.admin}/metrics`)).text();
  expect(page).not.toMatch(/^mixdown_sampling_/m);
});

test("so many spans of each service are kept, and say at what rate", async () => {
  await open({ sample: { perService: "50/1h" } });
  const spans = Array.from({ length: 700 }, (_, n) => aSpan(1, {}, { traceId: traceId(n) }));
  await send(spans);
  await until(async () => (await total("spans_total")) === 700);
  const kept = await total("spans_total", { outcome: "kept", reason: "perService" });
  const leftOut = await total("spans_total", { outcome: "left_out", reason: "perService" });
  await until(() => received().length === kept);
  // 50, and then fewer and fewer: 50 more for each time that their number doubles.
  expect(kept).toBeGreaterThan(50);
  expect(kept).toBeLessThan(350);
  const states = received().map(({ traceState }) => traceState);
  expect(states.slice(0, 50)).toEqual(Array(50).fill(""));
  expect(states.slice(100).every((state) => state.startsWith("ot=th:"))).toBe(true);
  expect(await handler()).toMatchObject({
    records: 700,
    received: kept,
    sampling: { leftOut: { perService: leftOut } },
  });
});

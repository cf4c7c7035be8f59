import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { anyPack, DurationSchema } from "@bufbuild/protobuf/wkt";
import { Metadata, ServerCredentials, status } from "@grpc/grpc-js";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { RetryInfoSchema, StatusSchema } from "../../../schemas/gen/google/rpc/status_pb.js";
import { ExportResponseSchema } from "../../../schemas/gen/opentelemetry/proto/collector/export_pb.js";
import {
  type Span,
  Span_SpanKind as SpanKind,
  Status_StatusCode as StatusCode,
  TracesDataSchema,
} from "../../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import type { InstanceDeclaration } from "../../../schemas/model/instance.ts";
import { createAuthority } from "../../../test/support/certificates.ts";
import { type OtlpBackend, startOtlpBackend } from "../../../test/support/otlp-backend.ts";
import { fakeHost } from "../../testing/fake-host.ts";
import { aSpan } from "../../testing/instances.ts";
import { createSpanEncoder } from "./encode-spans.ts";
import { type MadeSpans, openMadeSpans, sdkBytesPerSpan } from "./made-spans.ts";
import { plainAttributes } from "./plain.fixture.ts";
import { type OtlpSettings, otlpSettingsSchema } from "./settings.ts";

const instances: InstanceDeclaration[] = [
  {
    name: "spans",
    template: "tracespan",
    attributes: { code: "INT64", large: "INT64", huge: "INT64", share: "DOUBLE" },
  },
];
const host = fakeHost(instances);
const open: MadeSpans[] = [];
afterAll(() => {
  for (const way of open) way.close();
});

async function openWay(endpoint: string, settings: Partial<OtlpSettings> = {}, timeoutMs = 10_000) {
  const options = { log: host.log, instances, resource: { "host.name": "h" }, timeoutMs };
  const way = await openMadeSpans(otlpSettingsSchema.parse({ endpoint, ...settings }), options);
  open.push(way);
  return way;
}

const never = new AbortController().signal;
const resourcesIn = (body: Uint8Array) => fromBinary(TracesDataSchema, body).resourceSpans;
const bytes = (digits: string) => Buffer.from(digits, "hex");

let backend: OtlpBackend;
let way: MadeSpans;
beforeEach(async () => {
  backend = await startOtlpBackend();
  way = await openWay(`http://${backend.address}`, { headers: { "X-Tenant": "shop" } });
});

/** A span as it reached the backend. */
async function sent(parts: Parameters<typeof aSpan>[1]): Promise<Span> {
  expect(await way.export([aSpan("spans", parts)], never)).toEqual({ status: "delivered" });
  return resourcesIn(backend.received.at(-1)!.body)[0]!.scopeSpans[0]!.spans[0]!;
}

describe("a span", () => {
  it("has the ids, name, times and attributes of the instance", async () => {
    const attributes = { code: 200, large: "9007199254740992", huge: "9007199254740993", share: "NaN", path: "/a" };
    const span = await sent({ parentSpanId: "00f067aa0ba902b7", attributes: { ...attributes, headers: { a: "1" } } });
    expect(span).toMatchObject({
      traceId: bytes("0af7651916cd43dd8448eb211c80319c"),
      spanId: bytes("b7ad6b7169203331"),
      parentSpanId: bytes("00f067aa0ba902b7"),
      name: "GET /",
      startTimeUnixNano: 1_700_000_000_000_000_000n,
      endTimeUnixNano: 1_700_000_000_012_500_000n,
    });
    expect(plainAttributes(span.attributes)).toEqual({
      ...{ code: 200n, large: 9007199254740992n, huge: "9007199254740993", share: Number.NaN },
      ...{ path: "/a", headers: { a: "1" } },
    });
  });

  it("has no parent where it is a root, and no time that cannot be", async () => {
    const span = await sent({ startTime: { seconds: -1, nanos: 5 } });
    expect(span.parentSpanId).toHaveLength(0);
    expect(span.startTimeUnixNano).toBe(0n);
  });

  it.each(["internal", "server", "client", "producer", "consumer"] as const)("is of kind %s", async (kind) => {
    expect((await sent({ kind })).kind).toBe(SpanKind[kind.toUpperCase() as keyof typeof SpanKind]);
  });

  it.each(["unset", "ok", "error"] as const)("has the status %s", async (status) => {
    const code = StatusCode[status.toUpperCase() as keyof typeof StatusCode];
    expect((await sent({ status })).status?.code).toBe(code);
  });

  it("stands under the resource of its service, with others of it", async () => {
    const batch = [aSpan("spans"), aSpan("spans", { service: "web" }), aSpan("spans", { name: "third" })];
    await way.export(batch, never);
    const resources = resourcesIn(backend.received[0]!.body).map(({ resource, scopeSpans }) => [
      plainAttributes(resource!.attributes),
      scopeSpans.map(({ scope, spans }) => [scope?.name, spans.map(({ name }) => name)]),
    ]);
    expect(resources).toEqual([
      [{ "service.name": "cart", "host.name": "h" }, [["mixdown", ["GET /", "third"]]]],
      [{ "service.name": "web", "host.name": "h" }, [["mixdown", ["GET /"]]]],
    ]);
  });

  it("is no longer than the lane reckons", async () => {
    const encoder = createSpanEncoder({ instances, resource: {} });
    const span = fc.record({
      name: fc.string(),
      attributes: fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.double(), fc.boolean())),
      parentSpanId: fc.constantFrom(undefined, "00f067aa0ba902b7"),
      status: fc.constantFrom("unset" as const, "error" as const),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(span, { minLength: 1 }), async (parts) => {
        const batch = parts.map((each) => aSpan("spans", each));
        await way.export(batch, never);
        const reckoned = batch.reduce((sum, each) => sum + encoder.sizeOf(each) + sdkBytesPerSpan, 0);
        expect(backend.received.at(-1)!.body.length).toBeLessThanOrEqual(reckoned + 100);
      }),
      { numRuns: 50 },
    );
  });
});

describe("an export", () => {
  it("carries the headers of the settings, and none of the environment", async () => {
    vi.stubEnv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=secret");
    onTestFinished(() => void vi.unstubAllEnvs());
    const other = await openWay(`http://${backend.address}`, { headers: { "X-Tenant": "shop" } });
    await other.export([aSpan("spans")], never);
    expect(backend.received[0]!.metadata.get("x-tenant")).toEqual(["shop"]);
    expect(backend.received[0]!.metadata.get("api-key")).toEqual([]);
    expect(process.env.OTEL_EXPORTER_OTLP_HEADERS).toBe("api-key=secret");
  });

  it.each(["gzip", "none"] as const)("with compression %s is taken", async (compression) => {
    const other = await openWay(`http://${backend.address}`, { compression });
    expect(await other.export([aSpan("spans", { name: "x".repeat(5 << 20) })], never)).toMatchObject({
      status: "too_large",
      reason: expect.stringContaining(compression === "gzip" ? "decompresses to a size" : "larger than max"),
    });
  });

  const again = ["CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS"];
  const codes = Object.values(status).filter((code) => typeof code === "number" && code !== status.OK) as status[];

  it.each(codes.map((code) => [status[code], code] as const))("does as OTLP's table says on %s", async (name, code) => {
    backend.answer = { code, details: "for\nreasons" };
    const expected = again.includes(name as string) ? "retry" : "rejected";
    expect(await way.export([aSpan("spans")], never)).toEqual({
      status: expected,
      reason: `gRPC status ${name}: for reasons`,
    });
    expect(backend.received).toHaveLength(1);
  });

  it("waits as long as RetryInfo asks for", async () => {
    const info = create(RetryInfoSchema, { retryDelay: create(DurationSchema, { seconds: 7n }) });
    const details = create(StatusSchema, {
      code: status.RESOURCE_EXHAUSTED,
      details: [anyPack(RetryInfoSchema, info)],
    });
    const metadata = new Metadata();
    metadata.set("grpc-status-details-bin", Buffer.from(toBinary(StatusSchema, details)));
    backend.answer = Object.assign(new Error("later"), { code: status.RESOURCE_EXHAUSTED, details: "later", metadata });
    expect(await way.export([aSpan("spans")], never)).toMatchObject({ status: "retry", afterMs: 7000 });
  });

  const batch = Array.from({ length: 5 }, (_, i) => aSpan("spans", { name: `span ${i}` }));

  it("counts what a backend rejects of it, and says so", async () => {
    backend.answer = partial(2n, "no time");
    expect(await way.export(batch, never)).toEqual({
      status: "partial",
      rejected: [3, 4],
      reason: "the backend rejected 2 of 5: no time",
    });
    expect(host.logged.at(-1)).toMatchObject({ level: "warn", fields: { rejected: 2, items: 5, backend: "no time" } });
    backend.answer = new Uint8Array(0);
    expect(await way.export(batch, never)).toEqual({ status: "delivered" });
  });

  it("hears its own backend's answer where several answer at once", async () => {
    const others = await Promise.all(
      [0n, 1n, 2n, 5n].map(async (rejected) => {
        const other = await startOtlpBackend();
        other.answer = partial(rejected, `${rejected} of them`);
        return openWay(`http://${other.address}`);
      }),
    );
    const rounds = Array.from({ length: 20 }, () => others.map((other) => other.export(batch, never))).flat();
    const told = (await Promise.all(rounds)).map((delivery) =>
      delivery.status === "partial" ? delivery.rejected.length : delivery.status,
    );
    expect(told).toEqual(Array.from({ length: 20 }, () => ["delivered", 1, 2, "rejected"]).flat());
  });

  it("ends at the lane's timeout, at the backend, too", { timeout: 5000 }, async () => {
    backend.answer = "silent";
    const brief = await openWay(`http://${backend.address}`, {}, 200);
    expect(await brief.export(batch, never)).toMatchObject({
      status: "retry",
      reason: expect.stringContaining("DEADLINE_EXCEEDED"),
    });
    await expect.poll(() => backend.cancelled()).toBe(1);
  });

  it("is not waited for once it is aborted", async () => {
    backend.answer = "silent";
    const abort = new AbortController();
    const delivery = way.export(batch, abort.signal);
    await expect.poll(() => backend.received.length).toBe(1);
    abort.abort(new Error("the lane was closed"));
    expect(await delivery).toEqual({ status: "retry", reason: "the lane was closed" });
    expect(await way.export(batch, abort.signal)).toMatchObject({ status: "retry" });
    expect(backend.received).toHaveLength(1);
  });

  it("ends, at the backend, too, when the way is closed", { timeout: 5000 }, async () => {
    backend.answer = "silent";
    const delivery = way.export(batch, never);
    await expect.poll(() => backend.received.length).toBe(1);
    way.close();
    expect(await delivery).toMatchObject({ status: "retry" });
    await expect.poll(() => backend.cancelled()).toBe(1);
  });

  it("reaches a backend that comes back without the waits of the channel", async () => {
    expect(await way.export(batch, never)).toEqual({ status: "delivered" });
    backend.stop();
    for (let i = 0; i < 5; i++)
      expect(await way.export(batch, never)).toMatchObject({
        status: "retry",
        reason: expect.stringContaining("UNAVAILABLE"),
      });
    const back = await startOtlpBackend(ServerCredentials.createInsecure(), backend.address);
    expect(await way.export(batch, never)).toEqual({ status: "delivered" });
    expect(back.received).toHaveLength(1);
  });
});

describe("with TLS", () => {
  const folder = mkdtempSync(join(tmpdir(), "otlp-tls-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const authority = createAuthority(folder);
  const server = authority.issue("server", ["DNS:collector.test", "IP:127.0.0.1"]);
  const own = authority.issue("client", ["DNS:hub.test"]);
  const pairs = [{ cert_chain: readFileSync(server.cert), private_key: readFileSync(server.key) }];
  const tls = { ca: authority.ca, cert: own.cert, key: own.key };

  it.each([
    ["its own root and certificate", tls, "delivered"],
    ["another name of the backend", { ...tls, serverName: "collector.test" }, "delivered"],
    ["a wrong name of the backend", { ...tls, serverName: "other.test" }, "retry"],
    ["no root", {}, "retry"],
  ])("and %s", async (_, settings, status) => {
    const { address } = await startOtlpBackend(ServerCredentials.createSsl(readFileSync(authority.ca), pairs, true));
    const secured = await openWay(`https://${address}`, { tls: settings });
    expect(await secured.export([aSpan("spans")], never)).toMatchObject({ status });
  });

  it("does not open when a file cannot be read, and names the setting", async () => {
    await expect(openWay("https://127.0.0.1:1", { tls: { ca: "/nowhere.pem" } })).rejects.toThrow(/tls\.ca: ENOENT/);
  });
});

function partial(rejected: bigint, errorMessage: string): Uint8Array {
  return toBinary(ExportResponseSchema, create(ExportResponseSchema, { partialSuccess: { rejected, errorMessage } }));
}

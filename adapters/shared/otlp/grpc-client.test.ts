import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { constants, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { anyPack, DurationSchema } from "@bufbuild/protobuf/wkt";
import { Metadata, ServerCredentials, status } from "@grpc/grpc-js";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { RetryInfoSchema, StatusSchema } from "../../../schemas/gen/google/rpc/status_pb.js";
import { ExportResponseSchema } from "../../../schemas/gen/opentelemetry/proto/collector/export_pb.js";
import { createAuthority } from "../../../test/support/certificates.ts";
import { type OtlpBackend, startOtlpBackend } from "../../../test/support/otlp-backend.ts";
import { fakeHost } from "../../testing/fake-host.ts";
import { type ExportRequest, type OtlpClient, openOtlpClient } from "./client.ts";
import { type OtlpSettings, otlpSettingsSchema } from "./settings.ts";

const host = fakeHost();
const clients: OtlpClient[] = [];
afterAll(() => {
  for (const client of clients) client.close();
});

async function open(endpoint: string, settings: Partial<OtlpSettings> = {}): Promise<OtlpClient> {
  const client = await openOtlpClient(otlpSettingsSchema.parse({ endpoint, ...settings }), host);
  clients.push(client);
  return client;
}

const body = new Uint8Array([10, 2, 18, 0]);
const request = (parts: Partial<ExportRequest> = {}): ExportRequest => ({
  telemetry: "logs",
  body,
  items: 10,
  abort: new AbortController().signal,
  ...parts,
});

describe("over gRPC", () => {
  let backend: OtlpBackend;
  let client: OtlpClient;
  beforeEach(async () => {
    backend = await startOtlpBackend();
    client = await open(`http://${backend.address}`, { headers: { "X-Tenant": "shop" } });
  });

  it.each(["traces", "metrics", "logs"] as const)(
    "delivers %s to their own service, byte for byte",
    async (telemetry) => {
      expect(await client.export(request({ telemetry }))).toEqual({ status: "delivered" });
      expect(backend.received).toMatchObject([{ telemetry, body: Buffer.from(body) }]);
      expect(backend.received[0]!.metadata.get("x-tenant")).toEqual(["shop"]);
    },
  );

  it("packs requests, and none if told so; both may be too large", async () => {
    const large = new Uint8Array(5 << 20);
    const plain = await open(`http://${backend.address}`, { compression: "none" });
    expect(await plain.export(request({ body: large }))).toEqual({
      status: "too_large",
      reason: expect.stringContaining("larger than max (5242880"),
    });
    expect(await client.export(request({ body: large }))).toEqual({
      status: "too_large",
      reason: expect.stringContaining("decompresses to a size larger than"),
    });
  });

  const again = [
    status.CANCELLED,
    status.DEADLINE_EXCEEDED,
    status.ABORTED,
    status.OUT_OF_RANGE,
    status.UNAVAILABLE,
    status.DATA_LOSS,
  ];
  const codes = Object.values(status).filter((code) => typeof code === "number" && code !== status.OK) as status[];

  it.each(codes.map((code) => [status[code], code] as const))("does as OTLP's table says on %s", async (name, code) => {
    backend.answer = { code, details: "for\nreasons" };
    const expected = again.includes(code) ? "retry" : "rejected";
    expect(await client.export(request())).toEqual({
      status: expected,
      reason: `gRPC status ${name}: for reasons`,
    });
  });

  it.each([
    [status.RESOURCE_EXHAUSTED, { seconds: 7n, nanos: 500_000_000 }, 7500],
    [status.UNAVAILABLE, { seconds: 0n, nanos: 0 }, 0],
  ])("waits as long as RetryInfo asks for on %i", async (code, retryDelay, afterMs) => {
    backend.answer = withRetryInfo(code, retryDelay);
    expect(await client.export(request())).toMatchObject({ status: "retry", afterMs });
  });

  it("does not try again on other codes, whatever RetryInfo says", async () => {
    backend.answer = withRetryInfo(status.INVALID_ARGUMENT, { seconds: 1n });
    expect(await client.export(request())).toMatchObject({ status: "rejected" });
  });

  it("takes no notice of details that cannot be read", async () => {
    const metadata = new Metadata();
    metadata.set("grpc-status-details-bin", Buffer.from([255]));
    backend.answer = Object.assign(new Error(), { code: status.UNAVAILABLE, details: "", metadata });
    expect(await client.export(request())).toEqual({ status: "retry", reason: "gRPC status UNAVAILABLE: " });
  });

  it("counts what a backend rejects of a request, and says so", async () => {
    backend.answer = partial(3n, "no time");
    expect(await client.export(request())).toEqual({
      status: "partial",
      rejected: [7, 8, 9],
      reason: "the backend rejected 3 of 10: no time",
    });
    expect(host.logged.at(-1)).toMatchObject({ level: "warn", fields: { rejected: 3, items: 10, backend: "no time" } });
  });

  it.each([10n, 999n])("has a request rejected of whose 10 items %i are", async (count) => {
    backend.answer = partial(count, "");
    expect(await client.export(request())).toMatchObject({ status: "rejected" });
  });

  it("logs a warning that comes with a delivered request", async () => {
    backend.answer = partial(0n, "slow down");
    expect(await client.export(request())).toEqual({ status: "delivered" });
    expect(host.logged.at(-1)).toMatchObject({ level: "warn", fields: { backend: "slow down" } });
  });

  it.each([
    [status.RESOURCE_EXHAUSTED, "gRPC message exceeds maximum size 4194304: 5000000"],
    [status.OUT_OF_RANGE, "Error, decoded message length too large: found 5000000 bytes, the limit is: 4194304 bytes"],
  ])("finds a request too large by what Java's and Rust's servers say", async (code, details) => {
    backend.answer = { code, details };
    expect(await client.export(request())).toMatchObject({ status: "too_large" });
  });

  it("takes an answer that it cannot read for a success, because the status was one", async () => {
    backend.answer = Uint8Array.of(10, 99);
    expect(await client.export(request())).toEqual({ status: "delivered" });
  });

  it("ends a request that is aborted, at the backend, too", async () => {
    backend.answer = "silent";
    const abort = new AbortController();
    const delivery = client.export(request({ abort: abort.signal }));
    await expect.poll(() => backend.received.length).toBe(1);
    abort.abort();
    expect(await delivery).toMatchObject({ status: "retry" });
    await expect.poll(() => backend.cancelled()).toBe(1);
    expect(await client.export(request({ abort: AbortSignal.abort() }))).toMatchObject({ status: "retry" });
  });

  it("asks for a retry when a stream breaks without an answer", async () => {
    const breaking = createServer().on("stream", (stream) => {
      stream.on("error", () => {}).close(constants.NGHTTP2_INTERNAL_ERROR);
    });
    await new Promise<void>((resolve) => breaking.listen(0, "127.0.0.1", resolve));
    const broken = await open(`http://127.0.0.1:${(breaking.address() as AddressInfo).port}`);
    expect(await broken.export(request())).toMatchObject({
      status: "retry",
      reason: expect.stringContaining("RST_STREAM"),
    });
    broken.close();
    breaking.close();
  });

  it("asks for a retry while nobody listens, and when the backend dies in a call", async () => {
    backend.answer = "silent";
    const pending = client.export(request());
    await expect.poll(() => backend.received.length).toBe(1);
    backend.stop();
    expect(await pending).toMatchObject({ status: "retry" });
    expect(await client.export(request())).toMatchObject({
      status: "retry",
      reason: expect.stringContaining("UNAVAILABLE"),
    });
  });
});

describe("over gRPC with TLS", () => {
  const folder = mkdtempSync(join(tmpdir(), "otlp-tls-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const authority = createAuthority(folder);
  const server = authority.issue("server", ["DNS:collector.test", "IP:127.0.0.1"]);
  const own = authority.issue("client", ["DNS:hub.test"]);
  const pairs = [{ cert_chain: readFileSync(server.cert), private_key: readFileSync(server.key) }];
  const mutual = () => startOtlpBackend(ServerCredentials.createSsl(readFileSync(authority.ca), pairs, true));

  it("delivers with its own root and certificate", async () => {
    const { address } = await mutual();
    const client = await open(`https://${address}`, { tls: { ca: authority.ca, cert: own.cert, key: own.key } });
    expect(await client.export(request())).toEqual({ status: "delivered" });
  });

  it("goes by another name of the backend if told so", async () => {
    const { address } = await mutual();
    const tls = { ca: authority.ca, cert: own.cert, key: own.key };
    const right = await open(`https://${address}`, { tls: { ...tls, serverName: "collector.test" } });
    expect(await right.export(request())).toEqual({ status: "delivered" });
    const wrong = await open(`https://${address}`, { tls: { ...tls, serverName: "other.test" } });
    expect(await wrong.export(request())).toMatchObject({ status: "retry" });
  });

  it("does not trust a root that it was not given", async () => {
    const { address } = await mutual();
    const client = await open(`https://${address}`);
    expect(await client.export(request())).toMatchObject({ status: "retry" });
  });

  it("does not open when a file cannot be read, and names the setting", async () => {
    await expect(open("https://127.0.0.1:1", { tls: { ca: "/nowhere.pem" } })).rejects.toThrow(/tls\.ca: ENOENT/);
  });
});

function partial(rejected: bigint, errorMessage: string): Uint8Array {
  return toBinary(ExportResponseSchema, create(ExportResponseSchema, { partialSuccess: { rejected, errorMessage } }));
}

function withRetryInfo(code: status, retryDelay: { seconds: bigint; nanos?: number }) {
  const info = create(RetryInfoSchema, { retryDelay: create(DurationSchema, retryDelay) });
  const details = [anyPack(RetryInfoSchema, info)];
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(toBinary(StatusSchema, create(StatusSchema, { code, details }))));
  return Object.assign(new Error("later"), { code, details: "later", metadata });
}

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { StatusSchema } from "../../../schemas/gen/google/rpc/status_pb.js";
import { ExportResponseSchema } from "../../../schemas/gen/opentelemetry/proto/collector/export_pb.js";
import { createAuthority } from "../../../test/support/certificates.ts";
import { startServer, type TestServer } from "../../../test/support/http-server.ts";
import { fakeHost } from "../../testing/fake-host.ts";
import { type ExportRequest, openOtlpClient } from "./client.ts";
import { type OtlpSettings, otlpSettingsSchema } from "./settings.ts";

const host = fakeHost([], { fetch });
const body = new Uint8Array([10, 2, 18, 0]);
const request = (parts: Partial<ExportRequest> = {}): ExportRequest => ({
  telemetry: "logs",
  body,
  items: 10,
  abort: new AbortController().signal,
  ...parts,
});

/** What the server answers. */
interface Reply {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array | string;
}

const reply: Reply = { status: 200, headers: {}, body: "" };
const server: TestServer = await startServer((_, response) =>
  response.writeHead(reply.status, reply.headers).end(reply.body),
);
beforeEach(() => Object.assign(reply, { status: 200, headers: {}, body: "" }));

const open = async (path = "", settings: Partial<OtlpSettings> = {}) =>
  openOtlpClient(otlpSettingsSchema.parse({ endpoint: `${server.url}${path}`, protocol: "http", ...settings }), host);

const protobuf = { "content-type": "application/x-protobuf" };
const partial = (rejected: bigint, errorMessage: string) =>
  toBinary(ExportResponseSchema, create(ExportResponseSchema, { partialSuccess: { rejected, errorMessage } }));

describe("over HTTP", () => {
  it.each([
    ["", "traces", "/v1/traces"],
    ["/", "metrics", "/v1/metrics"],
    ["/otlp/", "logs", "/otlp/v1/logs"],
    ["/custom/v1/logs", "logs", "/custom/v1/logs"],
  ] as const)("posts below the endpoint's path %s", async (path, telemetry, expected) => {
    expect(await (await open(path, { headers: { "X-Tenant": "shop" } })).export(request({ telemetry }))).toEqual({
      status: "delivered",
    });
    const { path: posted, headers, body: packed } = server.received.at(-1)!;
    expect(posted).toBe(expected);
    expect(headers).toMatchObject({ ...protobuf, "content-encoding": "gzip", "x-tenant": "shop" });
    expect(new Uint8Array(gunzipSync(packed))).toEqual(body);
  });

  it("posts the bytes as they are without compression", async () => {
    await (await open("", { compression: "none" })).export(request());
    const { headers, body: sent } = server.received.at(-1)!;
    expect(headers["content-encoding"]).toBeUndefined();
    expect(new Uint8Array(sent)).toEqual(body);
  });

  it.each([
    [400, "rejected"],
    [401, "rejected"],
    [404, "rejected"],
    [408, "rejected"],
    [413, "too_large"],
    [429, "retry"],
    [500, "rejected"],
    [501, "rejected"],
    [502, "retry"],
    [503, "retry"],
    [504, "retry"],
    [307, "rejected"],
  ])("does as OTLP's table says on %i", async (status, expected) => {
    Object.assign(reply, { status, headers: { "retry-after": "7" } });
    const delivery = await (await open()).export(request());
    expect(delivery).toMatchObject({ status: expected, reason: expect.stringContaining(`${status}`) });
    if (expected === "retry") expect(delivery).toMatchObject({ afterMs: 7000 });
  });

  it("quotes the message of an error in protobuf, and any other text", async () => {
    const status = toBinary(StatusSchema, create(StatusSchema, { code: 3, message: "bad\ndata" }));
    Object.assign(reply, { status: 400, headers: protobuf, body: status });
    expect(await (await open()).export(request())).toMatchObject({ reason: "the backend answered 400: bad data" });
    Object.assign(reply, { headers: {}, body: "<h1>no</h1>" });
    expect(await (await open()).export(request())).toMatchObject({ reason: "the backend answered 400: <h1>no</h1>" });
    Object.assign(reply, { headers: protobuf, body: Uint8Array.of(18, 99) });
    expect(await (await open()).export(request())).toMatchObject({ reason: "the backend answered 400" });
  });

  it("counts what a backend rejects of a request, in protobuf and in JSON", async () => {
    const expected = { status: "partial", rejected: [8, 9], reason: "the backend rejected 2 of 10: no time" };
    Object.assign(reply, { headers: protobuf, body: partial(2n, "no time") });
    expect(await (await open()).export(request())).toEqual(expected);
    const json = JSON.stringify({ partialSuccess: { rejectedLogRecords: "2", errorMessage: "no time" } });
    Object.assign(reply, { headers: { "content-type": "application/json" }, body: json });
    expect(await (await open()).export(request())).toEqual(expected);
  });

  it.each(["", "ok", "null", "{}", '{"partialSuccess":{"rejectedSpans":"many"}}'])(
    "takes 200 with %j for a success",
    async (text) => {
      Object.assign(reply, { body: text });
      expect(await (await open()).export(request())).toEqual({ status: "delivered" });
    },
  );

  it("asks for a retry while nobody listens", async () => {
    const gone = await startServer(() => {});
    await gone.close();
    const client = await openOtlpClient(otlpSettingsSchema.parse({ endpoint: gone.url, protocol: "http" }), host);
    expect(await client.export(request())).toMatchObject({
      status: "retry",
      reason: expect.stringContaining("REFUSED"),
    });
  });
});

describe("over HTTP with TLS", () => {
  const folder = mkdtempSync(join(tmpdir(), "otlp-tls-"));
  const opened: { close(): unknown }[] = [];
  afterAll(() => {
    for (const each of opened) each.close();
    rmSync(folder, { recursive: true });
  });
  const authority = createAuthority(folder);
  const own = authority.issue("client", ["DNS:hub.test"]);
  const issued = authority.issue("server", ["DNS:collector.test", "IP:127.0.0.1"]);

  async function start(status = 200) {
    const material = { key: readFileSync(issued.key), cert: readFileSync(issued.cert), ca: readFileSync(authority.ca) };
    const secured = createServer({ ...material, requestCert: true, rejectUnauthorized: true }, (message, response) => {
      message.resume().on("end", () => response.writeHead(status, protobuf).end(partial(1n, "late")));
    });
    await new Promise<void>((resolve) => secured.listen(0, "127.0.0.1", resolve));
    opened.push(secured);
    const endpoint = `https://127.0.0.1:${(secured.address() as AddressInfo).port}`;
    return async (tls: OtlpSettings["tls"]) => {
      const client = await openOtlpClient(otlpSettingsSchema.parse({ endpoint, protocol: "http", tls }), host);
      opened.push(client);
      return client.export(request());
    };
  }

  it("delivers with its own root and certificate, and reads the answer", async () => {
    const send = await start();
    const tls = { ca: authority.ca, cert: own.cert, key: own.key };
    expect(await send(tls)).toMatchObject({ status: "partial", rejected: [9] });
    expect(await send({ ...tls, serverName: "collector.test" })).toMatchObject({ status: "partial" });
  });

  it("takes an answer that has no body", async () => {
    const send = await start(204);
    expect(await send({ ca: authority.ca, cert: own.cert, key: own.key })).toEqual({ status: "delivered" });
  });

  it("does not trust a name or a root that it was not given", async () => {
    const send = await start();
    const tls = { cert: own.cert, key: own.key };
    expect(await send(tls)).toMatchObject({ status: "retry" });
    expect(await send({ ...tls, ca: authority.ca, serverName: "other.test" })).toMatchObject({ status: "retry" });
  });
});

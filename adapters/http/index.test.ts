import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { createAuthority } from "../../test/support/certificates.ts";
import { startServer } from "../../test/support/http-server.ts";
import type { Outlet } from "../adapter.ts";
import { fakeHost } from "../testing/fake-host.ts";
import { aLogEntry, anEdge } from "../testing/instances.ts";
import { config } from "./config.ts";
import { http } from "./index.ts";

const server = await startServer((_, response) => response.writeHead(204).end());

async function delivered(settings: object, batch = [aLogEntry("access"), anEdge("calls", { destination: {} })]) {
  expect(await delivery(settings, batch)).toEqual({ status: "delivered" });
  return server.received.at(-1)!;
}

async function delivery(settings: object, batch: Parameters<Outlet<"logentry" | "edge">["deliver"]>[0]) {
  const outlet = await http.open(config.parse({ url: server.url, ...settings }), fakeHost([], { fetch }));
  if ("record" in outlet) throw new Error("opened as an aggregator");
  const ended = await outlet.deliver(batch, new AbortController().signal);
  await outlet.close();
  return ended;
}

const edge = {
  instance: "calls",
  time: "2023-11-14T22:13:20Z",
  "source.name": "web",
  "source.namespace": "shop",
  protocol: "http",
};

const folder = mkdtempSync(join(tmpdir(), "http-tls-"));
afterAll(() => rmSync(folder, { recursive: true }));
const authority = createAuthority(folder);
const secured = await startServer(
  (_, response) => response.writeHead(204).end(),
  authority.issue("server", ["IP:127.0.0.1"]),
);

describe("http", () => {
  it("posts one array by default", async () => {
    const { method, headers, body } = await delivered({});
    expect(method).toBe("POST");
    expect(headers["content-type"]).toBe("application/json");
    expect(JSON.parse(body.toString())).toEqual([{ path: "/" }, edge]);
  });

  it("posts lines", async () => {
    const { headers, body } = await delivered({ format: "lines" });
    expect(headers["content-type"]).toBe("application/x-ndjson");
    expect(body.toString()).toBe(`{"path":"/"}\n${JSON.stringify(edge)}\n`);
  });

  it("trusts the roots that it is given", async () => {
    const { url } = secured;
    const batch = [aLogEntry("access")];
    expect(await delivery({ url, tls: { ca: authority.ca } }, batch)).toEqual({ status: "delivered" });
    expect(await delivery({ url }, batch)).toMatchObject({ status: "retry" });
    expect(http.validate?.(config.parse({ url: server.url, tls: {} }), [])).toHaveLength(1);
    expect(http.validate?.(config.parse({ url, tls: {} }), [])).toEqual([]);
  });

  it("packs bodies and adds headers", async () => {
    const { headers, body } = await delivered({
      compression: "gzip",
      headers: { Authorization: "Bearer a", "Content-Type": "application/vnd.api+json" },
    });
    expect(headers).toMatchObject({
      authorization: "Bearer a",
      "content-type": "application/vnd.api+json",
      "content-encoding": "gzip",
    });
    expect(JSON.parse(gunzipSync(body).toString())).toHaveLength(2);
  });
});

import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { fakeHost } from "../../test/support/fake-host.ts";
import { startServer } from "../../test/support/http-server.ts";
import { aLogEntry, anEdge } from "../../test/support/instances.ts";
import { config } from "./config.ts";
import { http } from "./index.ts";

const server = await startServer((_, response) => response.writeHead(204).end());

async function delivered(settings: object, batch = [aLogEntry("access"), anEdge("calls", { destination: {} })]) {
  const outlet = await http.open(config.parse({ url: server.url, ...settings }), fakeHost([], { fetch }));
  if ("record" in outlet) throw new Error("opened as an aggregator");
  expect(await outlet.deliver(batch, new AbortController().signal)).toEqual({ status: "delivered" });
  await outlet.close();
  return server.received.at(-1)!;
}

const edge = {
  instance: "calls",
  time: "2023-11-14T22:13:20Z",
  "source.name": "web",
  "source.namespace": "shop",
  protocol: "http",
};

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

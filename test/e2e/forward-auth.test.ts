import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer, type TestServer } from "../support/http-server.ts";
import { freePorts, type Hub, startHub } from "./support/hub.ts";
import { portNumber } from "./support/lab.ts";
import { type LogProxy, startAskingNginx } from "./support/log-proxies.ts";
import { describeWith } from "./support/needs.ts";

const rules = [
  { name: "private", match: 'request.url_path.startsWith("/private")', deny: { status: 401, code: "UNAUTHENTICATED" } },
  { name: "writes", match: 'request.method == "DELETE"', deny: { message: "read only" } },
  { name: "here", match: 'source.ip != ip("127.0.0.1")', deny: { message: "from elsewhere" } },
  {
    name: "rest",
    allow: true,
    headers: {
      upstream: { set: { "x-caller": { value: 'request.host + " " + request.scheme + " " + request.path' } } },
    },
  },
];

describeWith("nginx")("nginx with auth_request", () => {
  let hub: Hub;
  let app: TestServer;
  let nginx: LogProxy;

  beforeAll(async () => {
    const listeners = { ...freePorts.listeners, grpc: null, http: { address: "127.0.0.1:0" } };
    hub = await startHub({ settings: { listeners, rules } });
    app = await startServer((request, response) => response.end(String(request.headers["x-caller"])));
    nginx = await startAskingNginx(portNumber(hub.listeners.http), portNumber(app.url));
  });

  afterAll(async () => {
    await nginx?.stop();
    await app?.close();
    await hub?.stop();
  });

  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`http://127.0.0.1:${nginx.ports.http}${path}`, init);
    return { status: response.status, body: await response.text() };
  };

  test("lets requests through with the headers of the hub", async () => {
    const spoofed = { "x-caller": "root", "x-forwarded-for": "192.0.2.1" };
    expect(await ask("/a%2Fb?c=1", { headers: spoofed })).toEqual({ status: 200, body: "127.0.0.1 http /a%2Fb?c=1" });
    expect(await ask("/form", { method: "POST", body: "a=b" })).toMatchObject({ status: 200 });
  });

  test("refuses what the hub refuses", async () => {
    expect(await ask("/private/x")).toMatchObject({ status: 401 });
    expect(await ask("/a", { method: "DELETE" })).toMatchObject({ status: 403 });
  });

  test("lets no client choose which request the hub decides on", async () => {
    const spoofed = ["x-forwarded-uri", "x-original-uri", "x-original-url", "x-forwarded-method", "x-original-method"];
    for (const name of spoofed)
      expect(
        await ask("/private/x", { headers: { [name]: name.endsWith("method") ? "POST" : "/public" } }),
      ).toMatchObject({
        status: 401,
      });
  });

  test("refuses while there is no hub", async () => {
    await hub.stop();
    expect(await ask("/a")).toMatchObject({ status: 500 });
  });
});

import { readFileSync } from "node:fs";
import { type IncomingHttpHeaders, request as plainRequest } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { request as tlsRequest } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { defineChecker } from "../../adapters/checker.ts";
import { createAuthority, type Identity } from "../support/certificates.ts";
import { startServer, type TestServer } from "../support/http-server.ts";
import { openRunningHub } from "../support/running-hub.ts";
import { temporaryFolder } from "./support/folder.ts";
import { type Hub, startHub } from "./support/hub.ts";
import { portNumber, portOf } from "./support/lab.ts";
import { describeWith, measured } from "./support/needs.ts";
import { type LogLine, type PolicyLab, startPolicyLab } from "./support/policy-lab.ts";
import { http1Client, repeat } from "./support/traffic.ts";
import { startEcho, type Upstream } from "./support/upstream.ts";
import { waitFor, waitUntil } from "./support/wait.ts";

const folder = temporaryFolder("ext-authz");
afterAll(() => folder.remove());

const path = '(request.url_path | "")';
/** What the hub decides; `revision` tells one configuration from another in what upstreams see. */
const settings = (listeners: object, revision = "1") => ({
  listeners: { admin: { address: "127.0.0.1:0" }, ...listeners },
  rules: [
    {
      name: "denied",
      match: `${path}.startsWith("/deny")`,
      deny: { status: 403, body: "denied by lab\n", headers: { "x-lab-reason": "path" } },
    },
    {
      name: "busy",
      match: `${path}.startsWith("/pkg.Service")`,
      deny: { code: "RESOURCE_EXHAUSTED", message: "slow down" },
    },
    {
      name: "no strangers",
      match: 'context.protocol == "tcp" && !connection.mtls',
      deny: { message: "no certificate" },
    },
    {
      name: "stamp",
      match: 'context.protocol != "tcp"',
      limit: { key: ["request.method"], rate: "1000000/1s" },
      headers: { upstream: { set: { "x-first": revision } } },
    },
    {
      name: "rest",
      allow: true,
      headers: {
        upstream: {
          set: { "x-lab-user": "alice", "x-second": revision },
          append: { "x-list": "hub" },
          remove: ["x-secret"],
        },
        client: { set: { "x-lab-checked": "yes" } },
      },
      metadata: { tier: "gold", path: { value: path } },
    },
  ],
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Seen {
  readonly headers: IncomingHttpHeaders;
}

let hub: Hub;
let lab: PolicyLab;
let web: TestServer;
let echo: Upstream;
let client: Identity;
let server: Identity;
const free = { grpc: { address: "127.0.0.1:0" }, http: { address: "127.0.0.1:0" } };
const bound = () => ({ grpc: { address: hub.listeners.grpc }, http: { address: hub.listeners.http } });

describeWith("envoy", "openssl")("Envoy's ext_authz", () => {
  beforeAll(async () => {
    const authority = createAuthority(join(folder.path, "certificates"));
    server = authority.issue("server", ["DNS:localhost"]);
    client = authority.issue("client", ["URI:spiffe://cluster.local/ns/default/sa/client"]);
    hub = await startHub({ settings: settings(free) });
    echo = await startEcho();
    web = await startServer((request, response) => response.end(JSON.stringify({ headers: request.headers })));
    const ports = { grpc: portNumber(hub.listeners.grpc), http: portNumber(hub.listeners.http) };
    lab = await startPolicyLab({ ...ports, web: portNumber(web.url), echo: echo.port }, server);
  });

  afterAll(async () => {
    await lab?.stop();
    await Promise.all([web?.close(), echo?.close()]);
    await hub?.stop();
  });

  /** Asks a listener of the proxy. */
  async function get(
    listener: string,
    target: string,
    headers: Record<string, string> = {},
    { method = "GET", body = "" } = {},
  ): Promise<Answer> {
    const tls = listener === "authz_body_tls";
    const identity = { cert: readPem(client.cert), key: readPem(client.key), ca: readPem(client.ca) };
    const options = {
      host: tls ? "localhost" : "127.0.0.1",
      port: portOf(lab.envoy, listener),
      path: target,
      method,
      headers,
    };
    const asked = tls
      ? tlsRequest({ ...options, ...identity, agent: false })
      : plainRequest({ ...options, agent: false });
    asked.end(body);
    return new Promise((resolve, reject) => {
      asked.on("error", reject).on("response", async (response) => {
        resolve({ status: response.statusCode, headers: response.headers, body: await text(response) });
      });
    });
  }

  const seenBy = (answer: Answer): Seen => JSON.parse(answer.body) as Seen;
  const logged = (target: string): Promise<LogLine> =>
    waitFor(`${target} in the access log`, () => lab.log().find((line) => line.path === target));

  test("a request that is allowed goes on with its headers changed, and the decision is in the access log", async () => {
    const target = "/hello?allow";
    const sent = { "x-lab-user": "mallory", "x-list": "client", "x-secret": "s" };
    const answer = await get("authz_plain", target, sent);
    expect([answer.status, answer.headers["x-lab-checked"]]).toEqual([200, "yes"]);
    const { headers } = seenBy(answer);
    expect(headers).toMatchObject({ "x-lab-user": "alice", "x-list": "client,hub" });
    expect(headers).not.toHaveProperty("x-secret");
    const { details, decision } = await logged(target);
    expect(details).toBe("via_upstream");
    expect(decision).toMatchObject({ tier: "gold", path: "/hello", rule: "rest", allowed: true });
    expect(decision?.decision_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(decision?.revision).toEqual(expect.any(String));
  });

  test("a refusal has status, headers and body, and shows in the access log", async () => {
    const target = "/deny/me";
    const answer = await get("authz_plain", target);
    expect(answer).toMatchObject({ status: 403, body: "denied by lab\n", headers: { "x-lab-reason": "path" } });
    expect(await logged(target)).toMatchObject({
      ...{ code: 403, flags: "UAEX", details: "ext_authz_denied" },
      decision: { rule: "denied", allowed: false, decision_id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
  });

  test("a gRPC caller gets the rule's own code and message", async () => {
    const session = connectHttp2(`http://127.0.0.1:${portOf(lab.envoy, "authz_plain")}`);
    const stream = session.request({
      ...{ ":method": "POST", ":path": "/pkg.Service/Method", "content-type": "application/grpc", te: "trailers" },
    });
    const answer = new Promise((resolve) => stream.on("response", resolve));
    stream.resume().end(Buffer.from([0, 0, 0, 0, 0]));
    expect(await answer).toMatchObject({ ":status": 200, "grpc-status": "8", "grpc-message": "slow down" });
    session.destroy();
  });

  test("over mutual TLS with bodies and certificates, and with raw headers", async () => {
    const post = { method: "POST", body: "x".repeat(300) };
    expect(await get("authz_body_tls", "/tls", {}, post)).toMatchObject({ status: 200 });
    expect(await get("authz_body_tls", "/deny/tls", {}, post)).toMatchObject({ status: 403, body: "denied by lab\n" });
    const raw = await get("authz_bytes", "/raw", { "x-bytes-a": "caf\u00e9" });
    expect([raw.status, seenBy(raw).headers["x-lab-user"]]).toEqual([200, "alice"]);
    expect(await get("authz_bytes", "/deny/raw")).toMatchObject({ status: 403 });
  });

  test("over HTTP: headers that Envoy is told to take, removals, refusals", async () => {
    const answer = await get("authz_http", "/http?x=1", { "x-lab-user": "mallory", "x-secret": "s" });
    expect([answer.status, answer.headers["x-lab-checked"]]).toEqual([200, "yes"]);
    expect(seenBy(answer).headers).toMatchObject({ "x-lab-user": "alice" });
    expect(seenBy(answer).headers).not.toHaveProperty("x-secret");
    const post = { method: "POST", body: "b".repeat(100) };
    expect(await get("authz_http", "/post", {}, post)).toMatchObject({ status: 200 });
    const refused = await get("authz_http", "/deny/http");
    expect(refused).toMatchObject({ status: 403, body: "denied by lab\n", headers: { "x-lab-reason": "path" } });
    expect(await logged("/deny/http")).toMatchObject({ flags: "UAEX", details: "ext_authz_denied" });
  });

  test("the network filter lets connections with a certificate through, and closes the others", async () => {
    const exchange = (identity: object) =>
      new Promise<string>((resolve) => {
        const port = portOf(lab.envoy, "authz_network");
        const socket = connectTls({
          host: "localhost",
          port,
          servername: "localhost",
          ca: readPem(server.ca),
          ...identity,
        });
        socket.on("secureConnect", () => socket.write("ping"));
        socket.on("data", (data) => {
          resolve(String(data));
          socket.destroy();
        });
        socket.on("error", () => {}).on("close", () => resolve("closed"));
      });
    expect(await exchange({ cert: readPem(client.cert), key: readPem(client.key) })).toBe("ping");
    expect(await exchange({})).toBe("closed");
  });

  test("reloads under load: no check fails, each is decided wholly by one revision", async () => {
    const seen = new Map<string, number>();
    let running = true;
    const load = repeat(8, 8, async () => {
      while (running) {
        const answer = await get("authz_plain", "/reload");
        const { headers } = answer.status === 200 ? seenBy(answer) : { headers: {} };
        const key = `${answer.status} ${headers["x-first"]} ${headers["x-second"]}`;
        seen.set(key, (seen.get(key) ?? 0) + 1);
      }
    });
    const revisions = ["2", "3", "4", "5", "1"];
    for (const revision of revisions) {
      hub.configure(settings(bound(), revision));
      await waitUntil(`revision ${revision}`, () => (seen.get(`200 ${revision} ${revision}`) ?? 0) > 20);
    }
    running = false;
    await load;
    expect([...seen.keys()].sort()).toEqual(revisions.map((revision) => `200 ${revision} ${revision}`).sort());
    const total = [...seen.values()].reduce((sum, count) => sum + count, 0);
    measured("checks while 5 revisions came in", String(total));
  });

  test("a hub that is killed is a failure that Envoy's mode decides, and one that is back is asked again", async () => {
    const old = hub;
    const listeners = bound();
    old.process.signal("SIGKILL");
    await old.process.ended();
    expect(await get("authz_plain", "/gone")).toMatchObject({ status: 403, body: "" });
    expect(await logged("/gone")).toMatchObject({ flags: "UAEX", details: "ext_authz_error", decision: null });
    expect(await get("authz_http", "/gone-http")).toMatchObject({ status: 403 });
    const open = await get("authz_bytes", "/gone-open");
    expect([open.status, seenBy(open).headers["x-envoy-auth-failure-mode-allowed"]]).toEqual([200, "true"]);
    hub = await startHub({ settings: settings(listeners) });
    await waitUntil("the hub to be asked again", async () => (await get("authz_plain", "/back")).status === 200);
    expect(await get("authz_plain", "/deny/back")).toMatchObject({ status: 403, body: "denied by lab\n" });
  });
});

/** Never answers. */
const hanging = defineChecker({
  type: "hanging",
  summary: "Never answers.",
  config: z.strictObject({}),
  instance: "none",
  reads: () => [],
  open: async () => ({ check: () => new Promise(() => {}), async close() {} }),
});

describeWith("envoy", "openssl")("a checker that hangs", () => {
  test("is answered for before Envoy gives up, as onError says", async () => {
    const certificates = createAuthority(join(folder.path, "slow")).issue("server", ["DNS:localhost"]);
    const ask = (path: string, onError: string) => ({
      ...{ name: path, match: `request.path == "/${path}"`, onError },
      check: { handler: "hanging", timeout: "1h" },
    });
    const rules = [ask("closed", "deny"), ask("open", "allow"), { name: "rest", allow: true }];
    const more = { handlers: { hanging: { adapter: "hanging" } }, rules };
    const slow = await openRunningHub(free, more, [hanging]);
    const web = await startServer((_request, response) => response.end());
    const ports = { grpc: portNumber(slow.listeners.grpc), http: portNumber(slow.listeners.http) };
    const lab = await startPolicyLab({ ...ports, web: portNumber(web.url), echo: 1 }, certificates);
    const timed = async (path: string) => {
      const started = performance.now();
      const client = http1Client(portOf(lab.envoy, "authz_plain"));
      const status = await client.get(path);
      client.close();
      measured(`${path}: a checker hangs, Envoy waits 2 s`, `${Math.round(performance.now() - started)} ms`);
      return status;
    };
    expect([await timed("/closed"), await timed("/open")]).toEqual([403, 200]);
    const lines = await waitFor("both in the access log", () => (lab.log().length >= 2 ? lab.log() : undefined));
    expect(lines).toMatchObject([
      { details: "ext_authz_denied", decision: { rule: "closed", allowed: false } },
      { details: "via_upstream", decision: { rule: "rest", allowed: true } },
    ]);
    await lab.stop();
    await Promise.all([web.close(), slow.close()]);
  });
});

const readPem = (path: string) => readFileSync(path, "utf8");

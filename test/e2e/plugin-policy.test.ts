import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAuthority } from "../support/certificates.ts";
import { root } from "../support/documents.ts";
import { startServer, type TestServer } from "../support/http-server.ts";
import { temporaryFolder } from "./support/folder.ts";
import { type Hub, startHub } from "./support/hub.ts";
import { portNumber, portOf } from "./support/lab.ts";
import { describeWith } from "./support/needs.ts";
import { type PolicyLab, startPolicyLab } from "./support/policy-lab.ts";
import { connectRls } from "./support/rls-client.ts";
import { startEcho, type Upstream } from "./support/upstream.ts";
import { waitUntil } from "./support/wait.ts";

const folder = temporaryFolder("plugin-policy");
const file = (name: string) => join(folder.path, name);

/** A checker that does one thing. */
const checker = (check: string) => `import { defineChecker, z } from "mixdown/adapter";
export default defineChecker({
  type: "odd", summary: "Does as it likes.", config: z.strictObject({}), instance: "none", reads: () => [],
  open: async () => ({ check: (question) => { ${check} }, async close() {} }),
});`;
const bad = {
  throwing: 'throw new Error("thrown on purpose");',
  hanging: "return new Promise(() => {});",
  nonsense: 'return { verdict: "perhaps" };',
  undeclared: 'question.get("request.path"); return { verdict: "pass" };',
};

/** Limits of a domain of its own, and a store of budgets that are always used up. */
const limits = `import { defineLimits, z } from "mixdown/adapter";
export default defineLimits({
  type: "mine", summary: "Limits in its own way.", config: z.strictObject({}),
  rateLimits: {
    store: () => "memory",
    open: async () => ({
      has: (domain) => domain === "mine",
      async answer({ descriptors }, store) {
        const statuses = await Promise.all(descriptors.map(async ({ entries: [{ value }], hits }) => {
          const count = await store.count({ key: value, hits, limit: 2, keepMs: 60_000 });
          const limit = { requestsPerUnit: 2, unit: "MINUTE", name: "two" };
          return { overLimit: count > 2, limit, remaining: Math.max(0, 2 - count), resetMs: 60_000 };
        }));
        return { overLimit: statuses.some(({ overLimit }) => overLimit), statuses, responseHeaders: [], requestHeaders: [] };
      },
      async close() {},
    }),
  },
  stores: {
    open: async () => ({
      take: () => ({ allowed: false, remaining: 0, resetMs: 1000, retryAfterMs: 1000, refund() {} }),
      count: () => 1_000_000,
      async close() {},
    }),
  },
});`;

const prefix = (name: string) => `(request.url_path | "").startsWith("/${name}")`;

describeWith("envoy", "openssl")("plug-ins that decide", () => {
  let hub: Hub;
  let tenants: TestServer;
  let lab: PolicyLab;
  let web: TestServer;
  let echo: Upstream;

  beforeAll(async () => {
    copyFileSync(`${root}examples/adapters/gatekeeper.ts`, file("gatekeeper.ts"));
    for (const [name, check] of Object.entries(bad)) writeFileSync(file(`${name}.ts`), checker(check));
    writeFileSync(file("limits.ts"), limits);
    tenants = await startServer((request, response) => {
      response.statusCode = request.path === "/acme" ? 200 : 404;
      response.end();
    });
    hub = await startHub({
      base: [],
      settings: {
        listeners: Object.fromEntries(["grpc", "http", "admin"].map((name) => [name, { address: "127.0.0.1:0" }])),
        handlers: {
          door: { adapter: file("gatekeeper.ts"), params: { url: `${tenants.url}/` } },
          limits: { adapter: file("limits.ts") },
          ...Object.fromEntries(Object.keys(bad).map((name) => [name, { adapter: file(`${name}.ts`) }])),
        },
        rules: [
          ...Object.keys(bad).map((name) => ({ name, match: prefix(name), check: { handler: name } })),
          { name: "spent", match: prefix("spent"), limit: { key: ["request.path"], rate: "5/1s", store: "limits" } },
          { name: "door", match: prefix("door"), check: { handler: "door", timeout: "5s" } },
        ],
      },
    });
    const ports = { grpc: portNumber(hub.listeners.grpc), http: portNumber(hub.listeners.http) };
    [echo, web] = [
      await startEcho(),
      await startServer((request, response) => response.end(JSON.stringify(request.headers))),
    ];
    const authority = createAuthority(file("certificates"));
    const server = authority.issue("server", ["DNS:localhost"]);
    lab = await startPolicyLab({ ...ports, web: portNumber(web.url), echo: echo.port }, server);
  });

  afterAll(async () => {
    await lab?.stop();
    await Promise.all([web?.close(), echo?.close(), tenants?.close()]);
    await hub?.stop();
    folder.remove();
  });

  async function check(path: string, headers: Record<string, string> = {}) {
    const response = await fetch(`http://${hub.listeners.http}/v1/check`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ attributes: { "request.path": path, "request.headers": headers } }),
    });
    return (await response.json()) as { readonly allowed: boolean; readonly httpStatus: number; readonly rule: string };
  }

  test("a checker in a file decides on what is asked as JSON", async () => {
    expect(await check("/door", { "x-tenant": "acme" })).toMatchObject({ allowed: true });
    expect(await check("/door", { "x-tenant": "evil" })).toMatchObject({
      allowed: false,
      httpStatus: 403,
      rule: "door",
    });
    expect(await check("/door")).toMatchObject({ allowed: false, httpStatus: 401, rule: "door" });
  });

  test("and on what Envoy asks", async () => {
    const get = (headers: Record<string, string>) =>
      fetch(`http://127.0.0.1:${portOf(lab.envoy, "authz_plain")}/door`, { headers });
    const passed = await get({ "x-tenant": "acme" });
    expect([passed.status, await passed.json()]).toEqual([200, expect.objectContaining({ "x-tenant-known": "yes" })]);
    expect((await get({ "x-tenant": "evil" })).status).toBe(403);
  });

  test.each([
    ["throwing", "throwing failed"],
    ["hanging", "hanging: no answer within 50 ms"],
    ["nonsense", "nonsense failed"],
    ["undeclared", "undeclared failed"],
  ])("one that is %s goes where onError says, in time", async (name, reason) => {
    expect(await check(`/${name}`)).toMatchObject({ allowed: false, rule: name });
    const { decisions } = (await (await hub.get("/api/v1/decisions?limit=1")).json()) as {
      decisions: { reasons: object[] }[];
    };
    expect(decisions[0]?.reasons).toEqual([expect.objectContaining({ outcome: "error", detail: reason })]);
  });

  test("it is loaded anew once its file has changed; a broken one changes nothing", async () => {
    const reloads = (outcome: string) => hub.total("mixdown_config_reloads_total", { outcome });
    writeFileSync(file("throwing.ts"), checker('return { verdict: "pass" };'));
    await waitUntil("the reload", async () => (await reloads("applied")) === 1);
    expect(await check("/throwing")).toMatchObject({ allowed: true });
    writeFileSync(file("throwing.ts"), checker('return { verdict: "pass" };').replace('"none"', '"nothing"'));
    await waitUntil("the refusal", async () => (await reloads("refused")) === 1);
    expect(await check("/throwing")).toMatchObject({ allowed: true });
  });

  test("limits in a file answer the rate limit requests of their domain, and keep budgets for rules", async () => {
    const client = await connectRls(hub.listeners.grpc ?? "");
    const request = { domain: "mine", descriptors: [{ entries: [{ key: "user", value: "amy" }] }] };
    const codes: string[] = [];
    for (let i = 0; i < 3; i++) codes.push((await client.ask(request)).overallCode);
    await client.close();
    expect(codes).toEqual(["OK", "OK", "OVER_LIMIT"]);
    expect(await check("/spent")).toMatchObject({ allowed: false, httpStatus: 429, rule: "spent" });
  });
});

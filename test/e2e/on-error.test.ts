import { createServer, type Server, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { openRunningHub, type RunningHub } from "../support/running-hub.ts";
import { describeWith } from "./support/needs.ts";
import { type RedisServer, startRedis } from "./support/redis.ts";
import { waitUntil } from "./support/wait.ts";

/** One rule for each value of `onError`, and both in shadow, told apart by the path. */
const rulesFor = (rule: object) =>
  ["deny", "allow"].flatMap((onError) =>
    [false, true].map((shadow) => {
      const name = `${onError}${shadow ? "-shadow" : ""}`;
      return { name, match: `request.path == "/${name}"`, ...rule, onError, shadow };
    }),
  );

/** What the table says of rules in error. */
const inError = {
  deny: { allowed: false, httpStatus: 403, rule: "deny" },
  allow: { allowed: true, httpStatus: 200, rule: "" },
  "deny-shadow": { allowed: true, httpStatus: 200, rule: "" },
  "allow-shadow": { allowed: true, httpStatus: 200, rule: "" },
};

async function check(hub: RunningHub, path: string) {
  const attributes = { "request.path": `/${path}`, "request.headers": { authorization: "Bearer x" } };
  const body = JSON.stringify({ attributes });
  const answer = await fetch(`http://${hub.listeners.http}/v1/check`, { method: "POST", body });
  return (await answer.json()) as { readonly allowed: boolean; readonly httpStatus: number; readonly rule: string };
}

const askAll = async (hub: RunningHub) =>
  Object.fromEntries(await Promise.all(Object.keys(inError).map(async (name) => [name, await check(hub, name)])));

const openHub = (handlers: object, rule: object) =>
  openRunningHub({ http: { address: "127.0.0.1:0" } }, { handlers, rules: rulesFor(rule) });

describeWith("redis-server")("budgets in a Redis that is killed, or stopped in its tracks", () => {
  let server: RedisServer;
  let hub: RunningHub;
  beforeAll(async () => {
    server = await startRedis();
    hub = await openHub(
      { far: { adapter: "redis", params: { address: server.address } } },
      { limit: { key: ["request.path"], rate: "1000/1h", store: "far" } },
    );
    await waitUntil("Redis to be reached", async () => (await check(hub, "deny")).allowed);
  });
  afterAll(async () => {
    await hub?.close();
    await server?.stop();
  });

  it("go where onError says while it hangs, and are there again when it goes on", async () => {
    server.process.signal("SIGSTOP");
    await waitUntil("the store to be missed", async () => !(await check(hub, "deny")).allowed);
    expect(await askAll(hub)).toMatchObject(inError);
    server.process.signal("SIGCONT");
    await waitUntil("Redis to be asked again", async () => (await check(hub, "deny")).allowed);
  });

  it("go where onError says once it is gone", async () => {
    server.process.signal("SIGKILL");
    await waitUntil("the store to be missed", async () => !(await check(hub, "deny")).allowed);
    expect(await askAll(hub)).toMatchObject(inError);
  });
});

describeWith()("checkers whose backend takes connections, and never answers", () => {
  let backend: Server;
  let hub: RunningHub;
  const sockets = new Set<Socket>();
  let url: string;

  beforeAll(async () => {
    backend = createServer((socket) => void sockets.add(socket));
    await new Promise<void>((resolve) => backend.listen(0, "127.0.0.1", resolve));
    const address = backend.address();
    url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  });
  afterEach(() => hub?.close());
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    backend?.close();
  });

  it.each([
    ["opa", () => ({ url })],
    ["http", () => ({ url })],
    ["jwt", () => ({ issuers: ["me"], jwksUrl: url, timeout: "100ms" })],
    ["list", () => ({ url, timeout: "100ms" })],
  ])("%s goes where onError says", async (adapter, params) => {
    const about = adapter === "list" ? { instance: "path" } : {};
    hub = await openRunningHub(
      { http: { address: "127.0.0.1:0" } },
      {
        handlers: { h: { adapter, params: params() } },
        instances: { path: { template: "listentry", params: { value: "request.path" } } },
        rules: rulesFor({ check: { handler: "h", ...about } }),
      },
    );
    expect(await askAll(hub)).toMatchObject(inError);
  });
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer, type TestServer } from "../support/http-server.ts";
import { type Hub, startHub } from "./support/hub.ts";
import { describeWith, measured } from "./support/needs.ts";
import { type RedisServer, startRedis } from "./support/redis.ts";
import { waitUntil } from "./support/wait.ts";

const reloads = 6;

describeWith("redis-server")("handlers that policy asks, and that change while they are asked", () => {
  let hub: Hub;
  let hook: TestServer;
  let server: RedisServer;

  /** Each round has other settings for both handlers, so that both are opened anew. */
  const settings = (round: number) => ({
    listeners: Object.fromEntries(["http", "admin"].map((name) => [name, { address: "127.0.0.1:0" }])),
    handlers: {
      hook: { adapter: "http", params: { url: hook.url, headers: { "x-round": String(round) } } },
      far: { adapter: "redis", params: { address: server.address, timeout: `${2000 + round}ms` } },
    },
    rules: [
      { name: "asked", check: { handler: "hook", timeout: "5s" } },
      { name: "counted", limit: { key: ["request.path"], rate: "1000000/1h", store: "far", timeout: "5s" } },
    ],
  });

  beforeAll(async () => {
    // Slow enough for some to be under way at any moment.
    hook = await startServer((_request, response) => void setTimeout(() => response.end('{"allowed":true}'), 20));
    server = await startRedis();
    hub = await startHub({ base: [], settings: settings(0) });
    await waitUntil("Redis to be reached", async () => (await check("/first")).allowed);
  });
  afterAll(async () => {
    await hub?.stop();
    await Promise.all([server?.stop(), hook?.close()]);
  });

  async function check(path: string) {
    const body = JSON.stringify({ attributes: { "request.path": path } });
    const answer = await fetch(`http://${hub.listeners.http}/v1/check`, { method: "POST", body });
    return (await answer.json()) as { readonly allowed: boolean; readonly rule: string };
  }

  test("no check fails, those under way neither", async () => {
    const refused: unknown[] = [];
    let asked = 0;
    let isOver = false;
    const load = async (path: string) => {
      while (!isOver) {
        const verdict = await check(path);
        asked++;
        if (!verdict.allowed) refused.push(verdict.rule);
      }
    };
    const loads = Array.from({ length: 8 }, (_, i) => load(`/${i}`));
    const applied = () => hub.total("mixdown_config_reloads_total", { outcome: "applied" });
    for (let round = 1; round <= reloads; round++) {
      hub.configure(settings(round));
      await waitUntil(`reload ${round}`, async () => (await applied()) === round, 20_000);
    }
    isOver = true;
    await Promise.all(loads);
    measured("checks under reload of handlers", `${asked} over ${reloads} reloads`);
    expect(refused).toEqual([]);
  });
});

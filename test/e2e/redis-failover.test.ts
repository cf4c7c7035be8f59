import { afterEach, expect, it } from "vitest";
import { openRunningHub, type RunningHub } from "../support/running-hub.ts";
import { describeWith, measured } from "./support/needs.ts";
import type { RedisServer } from "./support/redis.ts";
import { type RedisGroup, startCluster, startWatched } from "./support/redis-group.ts";
import { waitUntil } from "./support/wait.ts";

const opened: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

const BUDGET = 100;
/** What a hub may have taken ahead of it, and could not give back. */
const LEASED = 5;

async function aHub(params: object): Promise<RunningHub> {
  const hub = await openRunningHub(
    { http: { address: "127.0.0.1:0" } },
    {
      handlers: { shared: { adapter: "redis", params: { ...params, timeout: "1s" } } },
      rules: [
        {
          name: "budget",
          limit: { key: ["request.path"], rate: `${BUDGET}/24h`, algorithm: "fixed", store: "shared", timeout: "1s" },
        },
      ],
    },
  );
  opened.push(hub);
  return hub;
}

/** The HTTP status of what is asked about a budget: 403 where the store cannot say. */
async function check(hub: RunningHub, budget: string): Promise<number> {
  const body = JSON.stringify({ attributes: { "request.path": budget } });
  const answer = await fetch(`http://${hub.listeners.http}/v1/check`, { method: "POST", body });
  return ((await answer.json()) as { readonly httpStatus: number }).httpStatus;
}

const isSaid = async (hub: RunningHub, budget: string) => (await check(hub, budget)) !== 403;

async function admitted(hub: RunningHub, budget: string, asked: number): Promise<number> {
  const statuses = await Promise.all(Array.from({ length: asked }, () => check(hub, budget)));
  expect(statuses).not.toContain(403);
  return statuses.filter((status) => status === 200).length;
}

/** Waits until the replicas have what their masters have. */
async function replicated({ masters }: RedisGroup): Promise<void> {
  for (const master of masters) await master.ask("WAIT", "1", "5000");
}

/** Takes 60 of each budget, does something to a server, and sees that together no more than the budget is admitted. */
async function survives(
  hub: RunningHub,
  group: RedisGroup,
  budgets: readonly string[],
  harm: (master: RedisServer) => void,
): Promise<void> {
  for (const budget of budgets) await waitUntil("the store to answer", () => isSaid(hub, `/first${budget}`));
  for (const budget of budgets) expect(await admitted(hub, budget, 60)).toBe(60);
  await replicated(group);
  const [master] = group.masters;
  if (master !== undefined) harm(master);
  const began = performance.now();
  for (const budget of budgets) await waitUntil("verdicts to go on", () => isSaid(hub, `/after${budget}`), 30_000);
  measured("verdicts went on after", `${Math.round(performance.now() - began)} ms`);
  for (const budget of budgets) {
    const rest = await admitted(hub, budget, 200);
    expect(rest).toBeLessThanOrEqual(BUDGET - 60);
    expect(rest).toBeGreaterThanOrEqual(BUDGET - 60 - LEASED);
  }
}

describeWith("redis-server")("budgets behind a sentinel", () => {
  it.each([
    ["killed", "SIGKILL"],
    ["stopped in its tracks", "SIGSTOP"],
  ] as const)("hold over a failover, the master being %s", async (_, signal) => {
    const group = await startWatched({ replicated: true });
    opened.push({
      async close() {
        if (signal === "SIGSTOP") group.masters[0]?.process.signal("SIGCONT");
        await group.stop();
      },
    });
    const hub = await aHub({ sentinel: { master: "main", addresses: [group.sentinel] } });
    await survives(hub, group, ["/a"], (master) => master.process.signal(signal));
  });
});

describeWith("redis-server")("budgets in a cluster", () => {
  it("hold over the loss of a master that has a replica", async () => {
    const group = await startCluster({ replicated: true });
    opened.push({ close: () => group.stop() });
    const hub = await aHub({ cluster: [group.masters[1]?.address, group.masters[2]?.address] });
    // Enough for each master to have some.
    const budgets = Array.from({ length: 8 }, (_, i) => `/b${i}`);
    await survives(hub, group, budgets, (master) => master.process.signal("SIGKILL"));
  });
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { accessLogClient } from "./support/als-client.ts";
import { httpMessage, identifierMessage, requestEntry } from "./support/als-messages.ts";
import { attacks } from "./support/attacks.ts";
import { watchHealth } from "./support/health.ts";
import { type Hub, startHub } from "./support/hub.ts";
import { measured } from "./support/needs.ts";
import { waitUntil } from "./support/wait.ts";

/** Generous, for machines with other work; what was measured is printed. The aim is a second. */
const slowestHealthMs = 5_000;
const mostMemoryMiB = 600;

let hub: Hub;
let address: string;

beforeAll(async () => {
  hub = await startHub();
  address = hub.listeners.grpc ?? "";
});

afterAll(async () => {
  await hub.stop();
});

/** Runs an attack with health checks beside it; gives the slowest answer and the most memory. */
async function underWatch(
  run: () => Promise<void>,
): Promise<{ slowestMs: number; failures: readonly string[]; mostMiB: number }> {
  const health = watchHealth(address);
  let mostMiB = 0;
  const sampler = setInterval(() => {
    mostMiB = Math.max(mostMiB, hub.residentMiB());
  }, 100);
  await run();
  clearInterval(sampler);
  const { slowestMs, failures, answers } = await health.stop();
  expect(answers).toBeGreaterThan(0);
  return { slowestMs, failures, mostMiB: Math.max(mostMiB, hub.residentMiB()) };
}

test.each(attacks)("$name: no crash, counted, healthy throughout", async ({ name, counted, atLeast = 1, run }) => {
  const [metric, matcher] = counted;
  const before = await hub.total(metric, matcher);
  const { slowestMs, failures, mostMiB } = await underWatch(() => run(address));
  measured(name, `slowest health answer ${slowestMs.toFixed(0)} ms, at most ${mostMiB.toFixed(0)} MiB resident`);
  expect(hub.process.status()).toBeUndefined();
  expect(failures).toEqual([]);
  expect(slowestMs).toBeLessThan(slowestHealthMs);
  expect(mostMiB).toBeLessThan(mostMemoryMiB);
  await waitUntil(`${metric} to count it`, async () => (await hub.total(metric, matcher)) - before >= atLeast, 5_000);
});

test("after all that connections and streams are gone, and counting is exact", async () => {
  await waitUntil("the connections to be gone", async () => (await hub.total("mixdown_connections")) === 0);
  expect(await hub.total("mixdown_streams")).toBe(0);
  const before = await hub.total("istio_requests_total");
  const client = accessLogClient(address);
  const stream = client.open();
  await stream.send(identifierMessage("honest"));
  for (let at = 0; at < 100; at++)
    await stream.send(httpMessage(Array.from({ length: 10 }, (_, one) => requestEntry({ id: `${at}-${one}` }))));
  await stream.end();
  client.close();
  expect(await hub.total("istio_requests_total")).toBe(before + 1000);
});

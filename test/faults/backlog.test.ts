import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { aLogEntry } from "../../adapters/testing/instances.ts";
import { durableDefaults } from "../../collector/config/lane-schema.ts";
import { encodeItem } from "../../collector/dispatch/codec.ts";
import { openSpool } from "../../collector/dispatch/spool/open-spool.ts";
import { residentMiB } from "../e2e/support/child.ts";
import { temporaryFolder } from "../e2e/support/folder.ts";
import { pause } from "../e2e/support/wait.ts";
import { drainAndStop, type FaultHub, startFaultHub } from "./support/hub.ts";

const backlogBytes = 1_000_000_000;

/** Fills the log of a handler as a hub whose backend is down; gives how many records it holds. */
async function fill(directory: string): Promise<number> {
  const events = { quarantined() {}, passedOver() {}, torn() {}, lost() {}, trouble() {} };
  const spool = await openSpool({ directory, config: durableDefaults, events, now: Date.now });
  const instance = aLogEntry("line", { variables: { id: "x", text: "y".repeat(380) } });
  const payload = encodeItem({ instance, records: 1, timeMs: Date.now() });
  while (spool.state().bytes < backlogBytes) {
    for (let index = 0; index < 1000; index++) spool.append(payload);
    await spool.commit();
  }
  const { pending } = spool.state();
  await spool.close();
  return pending;
}

async function startCounter() {
  let lines = 0;
  const server = createServer((request, response) => {
    request.on("data", (chunk: Buffer) => {
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines++;
    });
    request.on("end", () => response.writeHead(204).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, lines: () => lines, close: () => server.close() };
}

/** In MiB; 0 between the end of a process and the news of it. */
function memoryOf(pid: number): number {
  try {
    return residentMiB(pid) || 0;
  } catch {
    return 0;
  }
}

/** The most memory that a hub had, asked until it ends. */
function watchMemory(hub: FaultHub): { stop(): number } {
  let highest = 0;
  const timer = setInterval(() => {
    highest = Math.max(highest, memoryOf(hub.child.pid));
  }, 50);
  return {
    stop() {
      clearInterval(timer);
      return highest;
    },
  };
}

/** Twice what it takes on a machine that does nothing else: V8 collects late when others take the processors. */
const bounds = { readyMs: 4000, memoryMiB: 260 };

it("a backlog of 1 GB: ready at once, and read in little memory", async () => {
  const folder = temporaryFolder("faults");
  const backend = await startCounter();
  try {
    const records = await fill(join(folder.path, "data", "spool", "sink"));
    const hub = startFaultHub({
      folder: folder.path,
      url: backend.url,
      durable: { segmentBytes: durableDefaults.segmentBytes },
      handler: { batch: { maxItems: 1000 } },
    });
    await hub.ready();
    const readyMs = performance.now() - hub.startedMs;
    const memory = watchMemory(hub);
    await pause(1000);
    const { dropped } = await drainAndStop(hub, 170_000);
    const highest = memory.stop();
    console.log(`${records} records: ready after ${Math.round(readyMs)} ms, at most ${Math.round(highest)} MiB`);
    expect(backend.lines()).toBe(records);
    expect(dropped).toEqual({});
    expect(readyMs).toBeLessThan(bounds.readyMs);
    expect(highest).toBeGreaterThan(20);
    expect(highest).toBeLessThan(bounds.memoryMiB);
  } finally {
    backend.close();
    folder.remove();
  }
});

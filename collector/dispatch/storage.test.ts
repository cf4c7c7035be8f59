import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { aLogEntry } from "../../adapters/testing/instances.ts";
import { manualClock } from "../../test/support/manual-clock.ts";
import type { Backlog } from "./backlog.ts";
import { laneConfig } from "./lane.fixture.ts";
import { Ledger } from "./ledger.ts";
import { aFolder, segmentsIn } from "./spool/spool.fixture.ts";
import { createStorage } from "./storage.ts";

const lane = laneConfig({ durable: true });
const events = {
  ...{ quarantined() {}, torn() {}, trouble() {}, deadLettersDropped() {}, waiting() {} },
  unusable: (_: string, error: unknown) => {
    throw error;
  },
};

/** Opens the log of one handler as a hub that starts does. */
async function start(directory: string) {
  const storage = createStorage({ directory, clock: manualClock(), events });
  const ledger = new Ledger();
  const place = await storage.place({ name: "a", lane }, ledger, false);
  const backlog = place.openBacklog({ onChange() {}, sizeOf: () => 1 });
  return {
    backlog,
    /** What came in, without what ended or is pending: nothing. */
    unaccounted: () =>
      ledger.received + ledger.recovered - ledger.delivered - ledger.droppedInAll - backlog.state.pending,
    ledger,
    async close() {
      await backlog.close();
      await storage.close();
    },
  };
}

async function takeAll(backlog: Backlog, ledger: Ledger): Promise<number> {
  let taken = 0;
  for (;;) {
    const items = await backlog.take(10, 10_000);
    if (items.length === 0) return taken;
    taken += items.length;
    ledger.delivered += items.length;
    backlog.done(items);
  }
}

/** A log of nine entries, killed before any was delivered, with flipped bits in some of them. */
async function aDamagedLog(...damaged: readonly number[]): Promise<string> {
  const directory = aFolder();
  const hub = await start(directory);
  for (let n = 0; n < 9; n++) hub.ledger.received++;
  for (let n = 0; n < 9; n++) hub.backlog.offer(aLogEntry("line"), 1);
  await hub.backlog.kept();
  await hub.close();
  const path = join(directory, "a", segmentsIn(join(directory, "a"))[0]!);
  const bytes = readFileSync(path);
  for (const n of damaged) bytes[Math.floor(((n + 0.5) * bytes.length) / 9)]! ^= 1;
  writeFileSync(path, bytes);
  return directory;
}

it.each([[[4]], [[0]], [[8]], [[7, 8]], [[0, 3, 4, 8]]])("accounts for damaged items: %j", async (damaged) => {
  const directory = await aDamagedLog(...damaged);
  // The first hub comes to know of them, and is killed; the next one meets them again.
  const first = await start(directory);
  await first.backlog.take(100, 100_000);
  expect(first.unaccounted()).toBe(0);
  await first.close();

  const { backlog, ledger, unaccounted, close } = await start(directory);
  expect(unaccounted()).toBe(0);
  expect(await takeAll(backlog, ledger)).toBe(9 - damaged.length);
  expect(unaccounted()).toBe(0);
  expect(backlog.state.pending).toBe(0);
  await close();
});

it("counts each damaged item as dropped when it is met first", async () => {
  for (const damaged of [[4], [0], [8], [7, 8], [0, 3, 4, 8]]) {
    const { backlog, ledger, unaccounted, close } = await start(await aDamagedLog(...damaged));
    await takeAll(backlog, ledger);
    expect([...ledger.dropped]).toEqual([["damaged", damaged.length]]);
    expect(unaccounted()).toBe(0);
    await close();
  }
});

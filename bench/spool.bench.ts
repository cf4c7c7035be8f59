import { mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { type DurableConfig, durableDefaults } from "../collector/config/lane-schema.ts";
import { openSpool } from "../collector/dispatch/spool/open-spool.ts";
import type { Spool } from "../collector/dispatch/spool/spool.ts";
import { median } from "./support/side-by-side.ts";

/** What was measured: records of 500 bytes through the log, and the same bytes plainly to a file in the same run. */
export interface SpoolBench {
  /** Records a second appended and committed by 16 senders with 100 each, synced every second. */
  readonly writesPerSecond: number;
  /** The same, synced before each commit. */
  readonly syncedWritesPerSecond: number;
  /** The same bytes in the same portions, written and every second synced by nothing but node:fs. */
  readonly plainWritesPerSecond: number;
  /** Records a second read in batches of 1000 and acknowledged. */
  readonly readsPerSecond: number;
  /** Written and read at the same time, as while a backend keeps up. */
  readonly throughPerSecond: number;
  /** A backlog of 1 GB: milliseconds until the first record is read, mebibytes that the process grew by while it was read, and its rate. */
  readonly backlogOpenMs: number;
  readonly backlogGrowthMiB: number;
  readonly backlogReadsPerSecond: number;
}

const payload = Buffer.from("x".repeat(500));
const senders = 16;
const perCommit = 100;
const perRound = 200_000;
const rounds = 5;

/** Measures the log beside plain files. */
export async function runSpoolBench(): Promise<SpoolBench> {
  const rates = { writes: [], synced: [], plain: [], reads: [], through: [] } as Record<string, number[]>;
  for (let round = 0; round < rounds; round++) {
    rates.plain!.push(await inFolder((directory) => rateOf(perRound, () => writePlainly(directory))));
    await inFolder(async (directory) => {
      const spool = await openLog(directory, {});
      rates.writes!.push(await rateOf(perRound, () => send(spool, perRound)));
      rates.reads!.push(await rateOf(perRound, () => drain(spool, perRound)));
      rates.through!.push(await rateOf(perRound, () => Promise.all([send(spool, perRound), drain(spool, perRound)])));
      await spool.close();
    });
    await inFolder(async (directory) => {
      const spool = await openLog(directory, { fsync: "always" });
      rates.synced!.push(await rateOf(perRound / 10, () => send(spool, perRound / 10)));
      await spool.close();
    });
  }
  return {
    writesPerSecond: median(rates.writes!),
    syncedWritesPerSecond: median(rates.synced!),
    plainWritesPerSecond: median(rates.plain!),
    readsPerSecond: median(rates.reads!),
    throughPerSecond: median(rates.through!),
    ...(await inFolder(measureBacklog)),
  };
}

function openLog(directory: string, config: Partial<DurableConfig>): Promise<Spool> {
  const events = { quarantined() {}, passedOver() {}, torn() {}, lost() {}, trouble() {} };
  return openSpool({ directory, config: { ...durableDefaults, ...config }, events, now: Date.now });
}

/** Senders that each wait for their own commit before they go on. */
async function send(spool: Spool, records: number): Promise<void> {
  let left = records;
  const sender = async () => {
    for (; left > 0; left -= perCommit) {
      for (let index = 0; index < perCommit; index++) spool.append(payload);
      await spool.commit();
    }
  };
  await Promise.all(Array.from({ length: senders }, sender));
}

async function drain(spool: Spool, records: number): Promise<void> {
  for (let left = records; left > 0; ) {
    const batch = await spool.read(1000, 1_000_000);
    const last = batch.at(-1);
    if (last === undefined) await new Promise<void>((resolve) => spool.whenReadable(resolve));
    else spool.acknowledge(last.position);
    left -= batch.length;
  }
}

/** One write at a time, of what the senders together have under way. */
async function writePlainly(directory: string): Promise<void> {
  const file = await open(join(directory, "plain"), "w");
  const portion = Buffer.alloc(payload.length * perCommit * senders, payload);
  const sync = setInterval(() => void file.datasync(), 1000);
  for (let done = 0; done < perRound; done += perCommit * senders) await file.write(portion);
  clearInterval(sync);
  await file.close();
}

async function measureBacklog(directory: string) {
  const records = 2_000_000;
  const writer = await openLog(directory, {});
  await send(writer, records);
  await writer.close();
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  const start = performance.now();
  const spool = await openLog(directory, {});
  const [first] = await spool.read(1, 1000);
  const backlogOpenMs = performance.now() - start;
  spool.acknowledge(first!.position);
  let highest = 0;
  const watch = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage.rss());
  }, 10);
  const backlogReadsPerSecond = await rateOf(records - 1, () => drain(spool, records - 1));
  clearInterval(watch);
  await spool.close();
  return { backlogOpenMs, backlogGrowthMiB: (highest - before) / 2 ** 20, backlogReadsPerSecond };
}

async function rateOf(units: number, work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (units / (performance.now() - start)) * 1000;
}

async function inFolder<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "mixdown-bench-"));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (import.meta.main) console.table(await runSpoolBench());

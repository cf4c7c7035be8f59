import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inspectHandler } from "../../collector/dispatch/spool/inspect-log.ts";
import { temporaryFolder } from "../e2e/support/folder.ts";
import { pause, waitUntil } from "../e2e/support/wait.ts";
import { type Backend, startBackend } from "./support/backend.ts";
import { drainAndStop, startFaultHub } from "./support/hub.ts";
import { Judge } from "./support/judge.ts";
import { startProducer } from "./support/producer.ts";
import { createRandom } from "./support/random.ts";
import { seed } from "./support/settings.ts";

const random = createRandom(seed);
let folder: ReturnType<typeof temporaryFolder>;
let judge: Judge;
let backend: Backend;

beforeEach(async () => {
  folder = temporaryFolder("faults");
  judge = new Judge();
  backend = await startBackend(judge);
});

afterEach(async () => {
  await backend.close();
  folder.remove();
});

describe("a full disk", () => {
  /** A disk of 4 MiB; where none may be mounted, the log's own limit stands in. */
  function aSmallDisk(): { dataDir: string; durable: Record<string, unknown>; remove(): void } {
    const dataDir = join(folder.path, "disk");
    mkdirSync(dataDir);
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", dataDir], { stdio: "pipe" });
    } catch (error) {
      console.warn(`no tmpfs, so the log's own limit stands in for a full disk: ${error}`);
      return { dataDir, durable: { maxBytes: 4_194_304 }, remove() {} };
    }
    return { dataDir, durable: {}, remove: () => void execFileSync("umount", ["--lazy", dataDir]) };
  }

  it("refuses what does not fit, keeps what it took, and goes on by itself", async () => {
    const { remove, ...disk } = aSmallDisk();
    const hub = startFaultHub({ folder: folder.path, url: backend.url, ...disk });
    const producer = startProducer("full", judge, createRandom(seed));
    try {
      backend.behave(() => "unavailable");
      producer.target((await hub.ready())?.http);
      await waitUntil("reports to be refused", () => producer.refused > 3, 60_000);
      const before = judge.acknowledged;
      backend.behave(() => "none");
      await waitUntil("reports to be taken again", () => judge.acknowledged > before + 1000, 60_000);
      await producer.stop();
      await drainAndStop(hub);
      expect(before).toBeGreaterThan(3000);
      expect(judge.verdict()).toMatchObject({ lost: [], altered: [], duplicates: 0 });
    } finally {
      await producer.stop();
      await hub.child.stop("SIGKILL");
      remove();
    }
  });
});

describe("damage", () => {
  const logOf = () => join(folder.path, "data", "spool", "sink");

  /** A hub that was killed with some thousand records on disk. */
  async function aBacklog(): Promise<string[]> {
    backend.behave(() => "unavailable");
    const hub = startFaultHub({ folder: folder.path, url: backend.url });
    const producer = startProducer("damaged", judge, createRandom(seed));
    producer.target((await hub.ready())?.http);
    await waitUntil("a backlog", () => judge.acknowledged > 4000, 60_000);
    hub.child.signal("SIGKILL");
    await hub.child.ended();
    await producer.stop();
    const segments = readdirSync(logOf()).filter((name) => name.endsWith(".seg"));
    expect(segments.length).toBeGreaterThan(4);
    return segments.sort().map((name) => join(logOf(), name));
  }

  /** What is not delivered is counted as damaged, and lies in the quarantine. */
  async function deliverRest(): Promise<{ missing: number }> {
    backend.behave(() => "none");
    const { dropped } = await drainAndStop(startFaultHub({ folder: folder.path, url: backend.url }));
    const { lost, altered, duplicates } = judge.verdict();
    expect(altered).toEqual([]);
    expect(duplicates).toBe(0);
    expect(Object.keys(dropped).filter((reason) => reason !== "damaged")).toEqual([]);
    expect(dropped.damaged ?? 0).toBeGreaterThanOrEqual(lost.length);
    return { missing: lost.length };
  }

  it("flipped bits: what they are in is set aside and counted, the rest arrives", async () => {
    for (const path of await aBacklog()) {
      const bytes = readFileSync(path);
      for (let flips = 0; flips < 5; flips++) bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
      writeFileSync(path, bytes);
    }
    const { missing } = await deliverRest();
    expect(missing).toBeGreaterThan(5);
    expect(missing).toBeLessThan(1000);
    expect(readdirSync(join(logOf(), "quarantine")).length).toBeGreaterThan(5);
  });

  it("a torn end: it is cut off, and everything before it arrives", async () => {
    const newest = (await aBacklog()).at(-1)!;
    const { length } = readFileSync(newest);
    writeFileSync(newest, Buffer.concat([readFileSync(newest), readFileSync(newest).subarray(0, 200)]));
    truncateSync(newest, length + 100);
    expect(await deliverRest()).toEqual({ missing: 0 });
  });

  it("kill -9 again and again while damage is set aside: starts clean each time, and everything is accounted for", async () => {
    for (const path of await aBacklog()) {
      const bytes = readFileSync(path);
      // At the very end of the log, nothing would tell how many records there were.
      if (bytes.length < 5000) continue;
      const from = random.below(bytes.length - 4000);
      writeFileSync(path, bytes.fill(0xff, from, from + 2000));
    }
    backend.behave(() => "slow");
    for (let kill = 0; kill < 5; kill++) {
      const hub = startFaultHub({ folder: folder.path, url: backend.url });
      expect(await hub.ready(), hub.child.stderr()).toBeDefined();
      await pause(random.below(1000));
      hub.child.signal("SIGKILL");
      expect(await hub.child.ended(), hub.child.stderr()).toBe("SIGKILL");
    }
    backend.behave(() => "none");
    await drainAndStop(startFaultHub({ folder: folder.path, url: backend.url }));
    const { lost, altered } = judge.verdict();
    expect(altered).toEqual([]);
    const { quarantined } = await inspectHandler(logOf());
    expect(quarantined.records).toBeGreaterThanOrEqual(lost.length);
    expect(judge.delivered).toBeGreaterThan(3000);
  });
});

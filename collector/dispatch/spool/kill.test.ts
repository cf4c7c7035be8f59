import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { aFolder, openTestSpool, segmentsIn } from "./spool.fixture.ts";

const child = new URL("../../../test/support/spool-child.ts", import.meta.url).pathname;
const runs = 5;
const batch = 10;

/** What all runs said. */
interface Ledger {
  readonly committed: Set<number>;
  /** How often each was read. */
  readonly read: Map<number, number>;
  setAside: number;
  readonly wrong: string[];
}

function take(line: string, ledger: Ledger): void {
  const id = Number(line.slice(2));
  if (line.startsWith("c ")) ledger.committed.add(id);
  else if (line.startsWith("d ")) ledger.read.set(id, (ledger.read.get(id) ?? 0) + 1);
  else if (line.startsWith("q ")) ledger.setAside += id;
  else if (line !== "a") ledger.wrong.push(line);
}

/** Lets a process write and read for a while, and kills it in the midst. */
async function runAndKill(directory: string, run: number, fsync: string, ledger: Ledger): Promise<void> {
  const writer: ChildProcess = spawn(process.execPath, [child, directory, `${run * 1_000_000}`, fsync, "65536"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  writer.stdout!.on("data", (text) => {
    output += text;
  });
  const closed = once(writer, "close");
  await Promise.race([once(writer.stdout!, "data"), closed]);
  setTimeout(() => writer.kill("SIGKILL"), Math.random() * 60);
  const [, signal] = await closed;
  expect(signal).toBe("SIGKILL");
  for (const line of output.split("\n").slice(0, -1)) take(line, ledger);
}

async function drain(directory: string, ledger: Ledger): Promise<void> {
  const { spool, told } = await openTestSpool(directory);
  for (;;) {
    const records = await spool.read(100, 1e6);
    if (records.length === 0) break;
    for (const { payload } of records) take(`d ${Number.parseInt(payload.toString(), 10)}`, ledger);
  }
  for (const { records } of told.quarantined) take(`q ${records}`, ledger);
  await spool.close();
}

const missing = ({ committed, read }: Ledger) => [...committed].filter((id) => !read.has(id));

describe.each(["never", "interval", "always"])("kill -9 with fsync: %s", (fsync) => {
  it("loses and alters nothing, and repeats at most one batch", async () => {
    const directory = aFolder();
    const ledger: Ledger = { committed: new Set(), read: new Map(), setAside: 0, wrong: [] };
    for (let run = 1; run <= runs; run++) await runAndKill(directory, run, fsync, ledger);
    await drain(directory, ledger);
    const repeated = [...ledger.read.values()].reduce((sum, times) => sum + times - 1, 0);
    expect(ledger.committed.size).toBeGreaterThan(runs);
    expect(missing(ledger)).toEqual([]);
    expect(ledger.wrong).toEqual([]);
    expect(ledger.setAside).toBe(0);
    expect(repeated).toBeLessThanOrEqual(runs * batch);
  });
});

/** Flips a bit in every 5,000 bytes or so. */
function damage(directory: string): void {
  for (const name of segmentsIn(directory)) {
    const bytes = readFileSync(join(directory, name));
    for (let at = Math.floor(Math.random() * 5000); at < bytes.length; at += 5000) bytes[at] = bytes[at]! ^ 16;
    writeFileSync(join(directory, name), bytes);
  }
}

it("starts clean after kill -9 while damage is set aside, and counts what is missing", async () => {
  const directory = aFolder();
  const ledger: Ledger = { committed: new Set(), read: new Map(), setAside: 0, wrong: [] };
  for (let run = 1; run <= runs; run++) {
    await runAndKill(directory, run, "never", ledger);
    damage(directory);
  }
  // A process that is killed takes what it had found with it: some of the damage must be left for the end.
  const { spool } = await openTestSpool(directory);
  for (let id = 0; id < 200; id++) spool.append(Buffer.from(`${9_000_000 + id} ${"x".repeat(100)}`));
  await spool.commit();
  await spool.close();
  damage(directory);
  await drain(directory, ledger);
  expect(ledger.wrong).toEqual([]);
  expect(ledger.setAside).toBeGreaterThan(0);
});

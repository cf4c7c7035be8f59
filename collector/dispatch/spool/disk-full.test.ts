import { execFileSync } from "node:child_process";
import { expect, it, onTestFinished } from "vitest";
import { createFaultyDisk } from "./faulty-disk.fixture.ts";
import { aFolder, openTestSpool } from "./spool.fixture.ts";

const diskBytes = 1_048_576;

/** A disk of 1 MiB; where this process may not mount one, a stand-in that refuses writes beyond it. */
function aSmallDisk() {
  const directory = aFolder();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${diskBytes}`, "tmpfs", directory], { stdio: "pipe" });
  } catch (error) {
    console.warn(`no tmpfs, so a stand-in refuses the writes: ${error}`);
    const disk = createFaultyDisk();
    disk.room = diskBytes;
    const free = () => {
      disk.room = diskBytes;
    };
    return { directory, openFile: disk.openFile, free };
  }
  onTestFinished(() => void execFileSync("umount", ["--lazy", directory]));
  return { directory, free() {} };
}

it.each(["never", "interval", "always"] as const)(
  "is survived with fsync: %s: what was taken is kept, the rest refused, and room is used again",
  async (fsync) => {
    const { free, ...disk } = aSmallDisk();
    const { spool, told } = await openTestSpool(disk.directory, {
      ...disk,
      fsync,
      fsyncInterval: 1,
      segmentBytes: 65_536,
    });
    const read: number[] = [];
    const taken: number[] = [];
    let refused = 0;
    let next = 0;
    for (let round = 0; round < 3; round++) {
      while (spool.state().trouble === undefined) {
        const batch = Array.from({ length: 20 }, () => next++);
        const appended = batch.filter((id) => spool.append(Buffer.from(`${id} `.padEnd(500, "x"))));
        try {
          await spool.commit();
          taken.push(...appended);
        } catch {
          refused += appended.length;
        }
      }
      expect(spool.state().trouble).toBe("disk_full");
      for (;;) {
        const records = await spool.read(50, 100_000);
        if (records.length === 0) break;
        read.push(...records.map(({ payload }) => Number.parseInt(payload.toString(), 10)));
        spool.acknowledge(records.at(-1)!.position);
      }
      free();
      await expect.poll(() => spool.state().trouble, { timeout: 10_000 }).toBeUndefined();
    }
    await spool.close();
    expect(taken.length).toBeGreaterThan(3000);
    expect(refused).toBeGreaterThan(0);
    expect(read).toEqual(taken);
    expect(told).toMatchObject({ lost: refused, torn: 0, quarantined: [] });
    const again = await openTestSpool(disk.directory);
    expect(again.spool.state().pending).toBe(0);
    await again.spool.close();
  },
);

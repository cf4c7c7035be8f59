import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createFaultyDisk } from "./faulty-disk.fixture.ts";
import { aFolder, openTestSpool, readAll, segmentsIn, texts, write } from "./spool.fixture.ts";
import { SpoolError } from "./spool-error.ts";

async function open(options: Parameters<typeof openTestSpool>[1] = {}) {
  const directory = aFolder();
  const disk = createFaultyDisk();
  return { directory, disk, ...(await openTestSpool(directory, { openFile: disk.openFile, ...options })) };
}

/** Bytes of all segments. */
const bytesIn = (directory: string) =>
  segmentsIn(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);

describe("a disk that is full", () => {
  it("takes nothing of a write that fails, and everything after it has room again", async () => {
    const { directory, disk, spool, told } = await open({ segmentBytes: 205 });
    await write(spool, ...texts(3, "before"));
    const before = bytesIn(directory);
    disk.room = 300;
    for (const text of texts(12)) expect(spool.append(Buffer.from(text))).toBe(true);
    const error: unknown = await spool.commit().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SpoolError);
    expect(error).toMatchObject({ trouble: "disk_full", lost: 12 });
    expect(spool.append(Buffer.from("refused"))).toBe(false);
    expect(spool.state()).toMatchObject({ pending: 3, trouble: "disk_full" });
    await expect.poll(() => spool.state().trouble).toBeUndefined();
    expect(bytesIn(directory)).toBe(before);
    disk.room = undefined;
    await write(spool, ...texts(3, "after"));
    expect(await readAll(spool)).toEqual([...texts(3, "before"), ...texts(3, "after")]);
    await spool.close();
    expect(told).toEqual({ lost: 12, torn: 0, passedOver: 0, quarantined: [], troubles: ["disk_full", undefined] });
  });

  it("refuses what was appended while the write was under way", async () => {
    const { disk, spool, told } = await open();
    disk.room = 10;
    spool.append(Buffer.from("first"));
    const first = spool.commit();
    await new Promise((resolve) => setImmediate(resolve));
    spool.append(Buffer.from("second"));
    const second = spool.commit();
    await expect(first).rejects.toMatchObject({ lost: 2 });
    await expect(second).rejects.toMatchObject({ lost: 2 });
    await expect(spool.commit()).resolves.toBeUndefined();
    expect(told.lost).toBe(2);
    await spool.close();
  });

  it("tells the next one who commits, if nobody waited for the write that failed", async () => {
    const { disk, spool } = await open();
    disk.room = 0;
    spool.append(Buffer.from("a"));
    await expect.poll(() => spool.state().trouble).toBe("disk_full");
    await expect(spool.commit()).rejects.toThrow("1 records could not be written to the log: ENOSPC");
    await expect(spool.commit()).resolves.toBeUndefined();
    await spool.close();
  });
});

describe("a disk that fails", () => {
  it("is told, and tried until it works", async () => {
    const { disk, spool, told } = await open();
    disk.fails.open = true;
    spool.append(Buffer.from("a"));
    await expect(spool.commit()).rejects.toMatchObject({ trouble: "disk_error" });
    disk.fails.open = false;
    await expect.poll(() => spool.state().trouble).toBeUndefined();
    await write(spool, "b");
    expect(await readAll(spool)).toEqual(["b"]);
    expect(told.troubles).toEqual(["disk_error", undefined]);
    await spool.close();
  });

  it("does not count as written what could not be synced, with fsync: always", async () => {
    const { disk, spool } = await open({ fsync: "always" });
    await write(spool, "a");
    disk.fails.sync = true;
    spool.append(Buffer.from("b"));
    await expect(spool.commit()).rejects.toMatchObject({ trouble: "disk_error", lost: 1 });
    disk.fails.sync = false;
    await expect.poll(() => spool.state().trouble).toBeUndefined();
    await write(spool, "c");
    expect(await readAll(spool)).toEqual(["a", "c"]);
    await spool.close();
  });

  it("takes nothing until what was half-written is cut off", async () => {
    const { directory, disk, spool } = await open();
    await write(spool, "a");
    disk.room = 10;
    disk.fails.truncate = true;
    spool.append(Buffer.from("b"));
    await expect(spool.commit()).rejects.toMatchObject({ trouble: "disk_full" });
    await expect.poll(() => spool.state().trouble).toBe("disk_error");
    disk.room = undefined;
    disk.fails.truncate = false;
    await expect.poll(() => spool.state().trouble).toBeUndefined();
    await write(spool, "c");
    expect(await readAll(spool)).toEqual(["a", "c"]);
    await spool.close();
    expect(readFileSync(join(directory, segmentsIn(directory)[0]!))).toHaveLength(33);
  });

  it("is told when it does not sync in the background, where nothing is lost", async () => {
    const { disk, spool, told } = await open({ fsync: "interval", fsyncInterval: 1 });
    disk.fails.sync = true;
    await write(spool, "a");
    await expect.poll(() => told.troubles).toEqual(["disk_error"]);
    disk.fails.sync = false;
    await expect.poll(() => told.troubles).toEqual(["disk_error", undefined]);
    await write(spool, "b");
    expect(await readAll(spool)).toEqual(["a", "b"]);
    expect(told.lost).toBe(0);
    await spool.close();
  });

  it("is synced again after a failure, also in files that were finished meanwhile", async () => {
    const { disk, spool, told } = await open({ fsync: "interval", fsyncInterval: 1, segmentBytes: 50 });
    const gate = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    disk.beforeSync = () => {
      started.resolve();
      return gate.promise;
    };
    await write(spool, "a");
    await started.promise;
    await write(spool, "b", "c");
    disk.fails.sync = true;
    gate.resolve();
    await expect.poll(() => told.troubles).toEqual(["disk_error"]);
    disk.fails.sync = false;
    await expect.poll(() => told.troubles, { timeout: 5000 }).toEqual(["disk_error", undefined]);
    await write(spool, "d");
    expect(await readAll(spool)).toEqual(["a", "b", "c", "d"]);
    await spool.close();
  });
});

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { aFolder, openTestSpool, readAll, segmentsIn, texts, write } from "./spool.fixture.ts";

const small = { segmentBytes: 205 };

describe("a log", () => {
  it("gives back what was appended, in order and byte for byte, once it is written", async () => {
    const { spool } = await openTestSpool(aFolder(), { now: () => 12.5 });
    const odd = Buffer.from([0, 255, 0x4d, 0x58, 0xf8, 10]);
    expect(spool.append(odd)).toBe(true);
    expect(spool.append(Buffer.alloc(0))).toBe(true);
    expect(await spool.read(10, 1000)).toEqual([]);
    await spool.commit();
    expect(await spool.read(10, 1000)).toEqual([
      { position: 1, timeMs: 12.5, payload: odd },
      { position: 2, timeMs: 12.5, payload: Buffer.alloc(0) },
    ]);
    expect(await spool.read(10, 1000)).toEqual([]);
    await spool.close();
  });

  it("gives at most so many items and bytes, but at least one", async () => {
    const { spool } = await openTestSpool(aFolder());
    await write(spool, "a".repeat(50), "b".repeat(50), "c".repeat(500), "d");
    const sizes = async (maxItems: number, maxBytes: number) =>
      (await spool.read(maxItems, maxBytes)).map(({ payload }) => payload.length);
    expect(await sizes(1, 1000)).toEqual([50]);
    expect(await sizes(10, 100)).toEqual([50]);
    expect(await sizes(10, 100)).toEqual([500]);
    expect(await sizes(10, 100)).toEqual([1]);
    await spool.close();
  });

  it("calls back when there is something to read", async () => {
    const { spool } = await openTestSpool(aFolder());
    let calls = 0;
    spool.whenReadable(() => calls++);
    expect(calls).toBe(0);
    await write(spool, "a");
    await write(spool, "b");
    expect(calls).toBe(1);
    spool.whenReadable(() => calls++);
    expect(calls).toBe(2);
    await spool.close();
  });

  it("goes on after the acknowledged position when it is opened again", async () => {
    const directory = aFolder();
    const first = await openTestSpool(directory, small);
    await write(first.spool, ...texts(20));
    await first.spool.read(7, 1000);
    first.spool.acknowledge(7);
    expect(first.spool.state().pending).toBe(13);
    await first.spool.close();

    const second = await openTestSpool(directory, small);
    expect(second.spool.state()).toMatchObject({ pending: 13, oldestMs: 1000, trouble: undefined });
    await write(second.spool, "more");
    expect(await readAll(second.spool)).toEqual([...texts(20).slice(7), "more"]);
    await second.spool.close();
    expect([first.told, second.told]).toEqual(
      Array(2).fill({ lost: 0, torn: 0, passedOver: 0, quarantined: [], troubles: [] }),
    );
  });

  it("deletes files that are acknowledged as a whole", async () => {
    const directory = aFolder();
    const { spool } = await openTestSpool(directory, small);
    await write(spool, ...texts(20));
    const before = segmentsIn(directory);
    expect(before.length).toBeGreaterThan(3);
    await readAll(spool, true);
    await spool.close();
    expect(segmentsIn(directory)).toEqual(before.slice(-1));
    const again = await openTestSpool(directory, small);
    expect(again.spool.state()).toMatchObject({ pending: 0, oldestMs: undefined });
    expect(await readAll(again.spool)).toEqual([]);
    await again.spool.close();
  });

  it("tells the age of the oldest pending record", async () => {
    let nowMs = 1000;
    const { spool } = await openTestSpool(aFolder(), { now: () => nowMs });
    const oldest = () => spool.state().oldestMs;
    expect(oldest()).toBeUndefined();
    for (nowMs of [2000, 3000, 4000]) await write(spool, "x");
    expect(oldest()).toBe(2000);
    await spool.read(2, 1000);
    expect(oldest()).toBe(2000);
    spool.acknowledge(2);
    await spool.read(1, 1000);
    expect(oldest()).toBe(4000);
    spool.acknowledge(3);
    expect(oldest()).toBeUndefined();
    nowMs = 500;
    await write(spool, "after the clock went back");
    expect(oldest()).toBe(500);
    await spool.close();
  });

  it("is full at maxBytes, and has room again when files are acknowledged", async () => {
    const { spool, told } = await openTestSpool(aFolder(), { maxBytes: 4000 });
    const payload = Buffer.alloc(300);
    let taken = 0;
    while (spool.append(payload)) taken++;
    expect(taken).toBe(12);
    expect(spool.state()).toMatchObject({ pending: 12, trouble: "spool_full" });
    await spool.commit();
    await readAll(spool, true);
    await expect.poll(() => spool.state().trouble).toBeUndefined();
    expect(spool.append(payload)).toBe(true);
    expect(told.troubles).toEqual(["spool_full", undefined]);
    await spool.close();
  });

  it("gives up its only file when that is full and done with", async () => {
    const { spool } = await openTestSpool(aFolder(), { maxBytes: 4000 });
    const payload = Buffer.alloc(3900);
    for (let round = 0; round < 5; round++) {
      expect(spool.append(payload)).toBe(true);
      await spool.commit();
      expect(spool.append(payload)).toBe(false);
      expect(await spool.read(10, 10_000)).toMatchObject([{ position: round + 1 }]);
      spool.acknowledge(round + 1);
      await expect.poll(() => spool.state().trouble).toBeUndefined();
    }
    await spool.close();
  });

  it("refuses what can never fit, without trouble", async () => {
    const { spool, told } = await openTestSpool(aFolder(), { maxBytes: 4000 });
    expect(spool.append(Buffer.alloc(4000))).toBe(false);
    expect(spool.state().trouble).toBeUndefined();
    expect(told.troubles).toEqual([]);
    await spool.close();
  });
});

describe("a log that was damaged", () => {
  it("loses nothing but a write that was cut short", async () => {
    const directory = aFolder();
    const first = await openTestSpool(directory);
    await write(first.spool, "a", "b", "cut");
    await first.spool.close();
    const path = join(directory, segmentsIn(directory)[0]!);
    truncateSync(path, statSync(path).size - 1);
    const { spool, told } = await openTestSpool(directory);
    expect(told).toMatchObject({ torn: 34, quarantined: [] });
    await write(spool, "d");
    expect(await spool.read(10, 1000)).toMatchObject([
      { position: 1 },
      { position: 2 },
      { position: 3, payload: Buffer.from("d") },
    ]);
    await spool.close();
  });

  it("passes over damage in the middle, keeps it aside with a note, and counts it once", async () => {
    const directory = aFolder();
    const first = await openTestSpool(directory);
    await write(first.spool, ...texts(5));
    await first.spool.close();
    const [name = ""] = segmentsIn(directory);
    const bytes = readFileSync(join(directory, name));
    bytes[45] = bytes[45]! ^ 1;
    bytes[85] = bytes[85]! ^ 1;
    writeFileSync(join(directory, name), bytes);

    const { spool, told } = await openTestSpool(directory);
    expect(await readAll(spool)).toEqual(["record-00", "record-03", "record-04"]);
    expect(told.quarantined).toEqual([{ records: 2, bytes: 82, file: name }]);
    expect(spool.state().pending).toBe(3);
    await spool.close();
    const aside = join(directory, "quarantine", `${name}-41-123`);
    expect(readFileSync(aside)).toEqual(bytes.subarray(41, 123));
    expect(JSON.parse(readFileSync(`${aside}.json`, "utf8"))).toEqual({
      file: name,
      from: 41,
      to: 123,
      records: 2,
      firstPosition: 2,
      reason: "these bytes are no sound records",
      when: "1970-01-01T00:00:01.000Z",
    });

    const again = await openTestSpool(directory);
    expect(await readAll(again.spool)).toEqual(["record-00", "record-03", "record-04"]);
    expect(again.told.quarantined).toEqual([]);
    await again.spool.close();
  });

  it("moves a file away that holds nothing sound", async () => {
    const directory = aFolder();
    const first = await openTestSpool(directory, small);
    await write(first.spool, ...texts(20));
    await first.spool.close();
    const names = segmentsIn(directory);
    writeFileSync(join(directory, names[1]!), "garbage");
    const { spool, told } = await openTestSpool(directory, small);
    expect(await readAll(spool)).toEqual([...texts(20).slice(0, 5), ...texts(20).slice(10)]);
    expect(told.quarantined).toEqual([{ records: 5, bytes: 7, file: names[1] }]);
    await spool.close();
    expect(segmentsIn(directory)).not.toContain(names[1]);
    expect(readFileSync(join(directory, "quarantine", names[1]!), "utf8")).toBe("garbage");
    const again = await openTestSpool(directory, small);
    expect(await readAll(again.spool)).toHaveLength(15);
    expect(again.told.quarantined).toEqual([]);
    await again.spool.close();
  });

  it("counts once what was in files that are missing", async () => {
    const directory = aFolder();
    const first = await openTestSpool(directory, small);
    await write(first.spool, ...texts(20));
    await first.spool.read(2, 1000);
    first.spool.acknowledge(2);
    await first.spool.close();
    const names = segmentsIn(directory);
    for (const index of [0, 2]) rmSync(join(directory, names[index]!));
    const { spool, told } = await openTestSpool(directory, small);
    expect(await readAll(spool)).toEqual([...texts(20).slice(5, 10), ...texts(20).slice(15)]);
    expect(spool.state().pending).toBe(10);
    expect(told.quarantined).toEqual([
      { records: 3, bytes: 0, file: names[1] },
      { records: 5, bytes: 0, file: names[3] },
    ]);
    await spool.close();
    const again = await openTestSpool(directory, small);
    expect(await readAll(again.spool)).toHaveLength(10);
    expect(again.told.quarantined).toEqual([]);
    await again.spool.close();
  });

  it("gives everything that is left when the acknowledged position is damaged", async () => {
    const directory = aFolder();
    const first = await openTestSpool(directory, small);
    await write(first.spool, ...texts(20));
    await readAll(first.spool);
    first.spool.acknowledge(7);
    await first.spool.close();
    writeFileSync(join(directory, "ack"), "garbage");
    const { spool, told } = await openTestSpool(directory, small);
    expect(await readAll(spool)).toEqual(texts(20).slice(5));
    expect(told.quarantined).toEqual([]);
    await spool.close();
  });

  it("goes on after files that vanish, or cannot be read any more, while it is open", async () => {
    const directory = aFolder();
    const { spool, told } = await openTestSpool(directory, small);
    await write(spool, ...texts(20));
    const names = segmentsIn(directory);
    rmSync(join(directory, names[1]!));
    rmSync(join(directory, names[2]!));
    mkdirSync(join(directory, names[2]!));
    rmSync(join(directory, names[3]!));
    expect(await readAll(spool)).toEqual(texts(20).slice(0, 5));
    await write(spool, "more");
    expect(await readAll(spool)).toEqual(["more"]);
    expect(told.quarantined.map(({ records, file }) => [records, file])).toEqual([
      [15, names[1]],
      [0, names[2]],
      [0, names[3]],
    ]);
    spool.acknowledge(5);
    expect(spool.state().pending).toBe(1);
    await spool.close();
  });

  it("makes its folder anew when that is gone", async () => {
    const directory = aFolder();
    const { spool, told } = await openTestSpool(directory, small);
    rmSync(directory, { recursive: true });
    expect(spool.append(Buffer.from("a"))).toBe(true);
    await expect(spool.commit()).rejects.toMatchObject({ trouble: "disk_error" });
    await expect.poll(() => told.troubles).toEqual(["disk_error", undefined]);
    await write(spool, "b");
    expect(await readAll(spool)).toEqual(["b"]);
    await spool.close();
  });

  it("sets a damaged end aside and goes on", async () => {
    const directory = aFolder();
    const first = await openTestSpool(directory);
    await write(first.spool, ...texts(3));
    await first.spool.close();
    const [name = ""] = segmentsIn(directory);
    const bytes = readFileSync(join(directory, name));
    bytes[bytes.length - 1] = 0;
    writeFileSync(join(directory, name), bytes);
    const { spool, told } = await openTestSpool(directory);
    expect(told).toMatchObject({ torn: 0, quarantined: [{ records: 1, bytes: 41, file: name }] });
    await write(spool, "more");
    expect(await readAll(spool)).toEqual(["record-00", "record-01", "more"]);
    await spool.close();
  });

  it("never takes a position again that was acknowledged", async () => {
    const directory = aFolder();
    const first = await openTestSpool(directory);
    await write(first.spool, ...texts(3));
    await readAll(first.spool, true);
    await first.spool.close();
    const [name = ""] = segmentsIn(directory);
    truncateSync(join(directory, name), 50);
    const { spool } = await openTestSpool(directory);
    await write(spool, "more");
    expect(await spool.read(10, 1000)).toMatchObject([{ position: 4, payload: Buffer.from("more") }]);
    await spool.close();
    expect(existsSync(join(directory, "quarantine"))).toBe(false);
    expect(readdirSync(directory).sort()).toEqual([name, "00000000000000000004.seg", "ack"]);
  });
});

import { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDeadLetters } from "../dispatch/spool/dead-letters.ts";
import { takeReplays } from "../dispatch/spool/replays.ts";
import { aFolder, keepEvents, openTestSpool, readAll, segmentsIn, write } from "../dispatch/spool/spool.fixture.ts";
import { acquireSpoolLock } from "../dispatch/spool/spool-lock.ts";
import { testIo } from "./cli.fixture.ts";
import { inventory } from "./inventory.ts";
import { runCommand } from "./run.ts";

async function spool(dataDir: string, ...argv: string[]) {
  const { io, out, err } = testIo();
  const status = await runCommand(inventory, ["spool", ...argv, "--data-dir", dataDir], io);
  return { status, out: out(), err: err() };
}

const config = { segmentBytes: 130, now: () => Date.parse("2026-03-01T12:00:00Z") };
const folderOf = (dataDir: string, handler = "audit") => join(dataDir, "spool", handler);

/** A data folder as a stopped hub leaves it: eight records of which two are delivered, two dead letters. */
async function aDataDir(): Promise<string> {
  const dataDir = aFolder();
  const { spool: log } = await openTestSpool(folderOf(dataDir), config);
  for (let n = 1; n <= 8; n++) await write(log, `{"n":${n}}`);
  await log.read(2, 1000);
  log.acknowledge(2);
  await log.close();
  const letters = await openDeadLetters({
    directory: folderOf(dataDir),
    maxBytes: 100_000,
    now: config.now,
    events: { ...keepEvents().events, dropped() {} },
  });
  for (const payload of ['{"bad":1}', '{"bad":2}'])
    letters.add({ reason: "400", handler: "audit", timeMs: 1, attempts: 1, payload: Buffer.from(payload) });
  await letters.close();
  return dataDir;
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] = bytes[at]! ^ 1;
  writeFileSync(path, bytes);
}

describe("mixdown spool", () => {
  it("names the actions", async () => {
    const dataDir = aFolder();
    expect(await spool(dataDir, "lss")).toMatchObject({ status: 64, err: expect.stringContaining('"ls" is probably') });
    expect(await spool(dataDir, "constructor")).toMatchObject({ status: 64 });
    expect(await spool(dataDir, "ls")).toMatchObject({ status: 0, out: expect.stringMatching(/^HANDLER.*\n$/) });
    expect(await spool(dataDir, "dump")).toMatchObject({ status: 64, err: expect.stringContaining("needs the name") });
    expect(await spool(await aDataDir(), "dump", "audits")).toMatchObject({
      status: 64,
      err: expect.stringContaining('no log of a handler "audits"'),
    });
  });

  it("ls: lists what there is, as a table and as JSON", async () => {
    const dataDir = await aDataDir();
    const { out } = await spool(dataDir, "ls");
    expect(out.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
      ["HANDLER", "PENDING", "BYTES", "OLDEST", "DEAD LETTERS", "TO REPLAY", "QUARANTINED"],
      ["audit", "6", "312", "2026-03-01T12:00:00.000Z", "2", "0", "0"],
      [""],
    ]);
    expect(JSON.parse((await spool(dataDir, "ls", "audit", "--json")).out)).toEqual({
      handlers: [
        {
          handler: "audit",
          pending: 6,
          bytes: 312,
          oldest: "2026-03-01T12:00:00.000Z",
          deadLetters: { records: 2, bytes: expect.any(Number) },
          replays: { records: 0, bytes: 0 },
          quarantined: { notes: 0, records: 0, bytes: 0 },
        },
      ],
    });
  });

  it("verify and repair: name damage and set it aside", async () => {
    const dataDir = await aDataDir();
    expect(await spool(dataDir, "verify")).toEqual({
      status: 0,
      out: "",
      err: "10 sound records, 0 damaged places\n",
    });
    const [, second = "", third = ""] = segmentsIn(folderOf(dataDir));
    flip(join(folderOf(dataDir), second), 50);
    appendFileSync(join(folderOf(dataDir), third), readFileSync(join(folderOf(dataDir), third)).subarray(0, 20));
    const dead = join(folderOf(dataDir), "dead");
    flip(join(dead, segmentsIn(dead)[0]!), 0);
    const damaged = await spool(dataDir, "verify");
    expect(damaged).toMatchObject({ status: 65, err: "8 sound records, 2 damaged places\n" });
    expect(damaged.out).toContain(`${join(folderOf(dataDir), second)}:39-78: damaged: no sound records\n`);
    expect(damaged.out).toContain(`${third}:78-98: a write was interrupted`);

    expect(await spool(dataDir, "repair")).toEqual({
      status: 0,
      out: expect.stringContaining(`audit: ${second}: 39 bytes set aside, 1 record missing\n`),
      err: "2 damaged places set aside\n",
    });
    const again = await spool(dataDir, "verify");
    expect(again).toMatchObject({ status: 0, err: "8 sound records, 0 damaged places\n" });
    expect(again.out).toContain(":39-78: damaged, set aside before\n");
    expect((await spool(dataDir, "ls")).out).toMatch(/ 2\n$/);
  });

  it("verify: names records that are missing", async () => {
    const dataDir = await aDataDir();
    const [first = "", second = "", third = ""] = segmentsIn(folderOf(dataDir));
    truncateSync(join(folderOf(dataDir), second), 39);
    expect(await spool(dataDir, "verify")).toMatchObject({
      status: 65,
      out: `${folderOf(dataDir)}: 2 records missing from position 5 on\n`,
    });
    expect([first, third]).toHaveLength(2);
    await spool(dataDir, "repair");
    expect(await spool(dataDir, "verify")).toMatchObject({ status: 0, out: "" });
  });

  it("dump: shows records as JSON lines", async () => {
    const dataDir = await aDataDir();
    const time = "2026-03-01T12:00:00.000Z";
    const { out } = await spool(dataDir, "dump", "audit", "--limit", "2");
    expect(out).toBe(
      `{"position":3,"time":"${time}","record":{"n":3}}\n{"position":4,"time":"${time}","record":{"n":4}}\n`,
    );
    expect((await spool(dataDir, "dump", "audit", "--from", "8")).out).toContain('{"n":8}');
    expect((await spool(dataDir, "dump", "audit", "--dead", "--limit", "1")).out).toBe(
      `{"position":1,"time":"${time}","record":{"reason":"400","handler":"audit","timeMs":1,"attempts":1,"instance":{"bad":1}}}\n`,
    );
    expect(await spool(dataDir, "dump", "audit", "--from", "x")).toMatchObject({ status: 64 });
  });

  it("dump: keeps lines whole, numbers exact, and what is no JSON as base64", async () => {
    const dataDir = aFolder();
    const { spool: log } = await openTestSpool(folderOf(dataDir), config);
    await write(log, '{\n"a": 1}', "12345678901234567890", "no JSON");
    log.append(Buffer.from([0x22, 0xff, 0x22]));
    await log.close();
    const { out } = await spool(dataDir, "dump", "audit");
    const lines = out.trimEnd().split("\n");
    expect(lines.map((line) => line.slice(line.indexOf("Z") + 3))).toEqual([
      '"record":{"a":1}}',
      '"record":12345678901234567890}',
      `"base64":"${Buffer.from("no JSON").toString("base64")}"}`,
      '"base64":"Iv8i"}',
    ]);
  });

  it("dump: shows the reason of dead letters that are no JSON", async () => {
    const dataDir = aFolder();
    const letters = await openDeadLetters({
      directory: folderOf(dataDir),
      maxBytes: 100_000,
      now: config.now,
      events: { ...keepEvents().events, dropped() {} },
    });
    letters.add({ reason: "400", handler: "audit", timeMs: 1, attempts: 2, payload: Buffer.from([1, 2, 0xff]) });
    await letters.close();
    const { out } = await spool(dataDir, "dump", "audit", "--dead");
    expect(JSON.parse(out).record).toEqual({ reason: "400", handler: "audit", timeMs: 1, attempts: 2, base64: "AQL/" });
  });

  it.each([false, true])("replay: gives dead letters to the handler again (beside a hub: %s)", async (isRunning) => {
    const dataDir = await aDataDir();
    const lock = isRunning ? await acquireSpoolLock(join(dataDir, "spool")) : undefined;
    expect(await spool(dataDir, "replay", "audit")).toEqual({
      status: 0,
      out: `audit: 2 dead letters are sent ${isRunning ? "by the running hub within seconds" : "when the hub starts"}\n`,
      err: "",
    });
    lock?.release();
    expect((await spool(dataDir, "ls")).out).toMatch(/0 +2 +0\n$/);
    const { events } = keepEvents();
    const replays = await takeReplays({ directory: folderOf(dataDir), events, now: config.now });
    const letters = (await replays?.read(10, 1000)) ?? [];
    expect(letters.map(({ letter }) => letter.payload.toString())).toEqual(['{"bad":1}', '{"bad":2}']);
    await replays?.close();
  });

  it("replay: leaves the file that a hub is writing", async () => {
    const dataDir = await aDataDir();
    const letters = await openDeadLetters({
      directory: folderOf(dataDir),
      maxBytes: 100_000,
      now: config.now,
      events: { ...keepEvents().events, dropped() {} },
    });
    letters.add({ reason: "late", handler: "audit", timeMs: 1, attempts: 1, payload: Buffer.from("{}") });
    await letters.flush();
    const lock = await acquireSpoolLock(join(dataDir, "spool"));
    expect(await spool(dataDir, "replay", "audit")).toMatchObject({
      out: expect.stringContaining("2 dead letters"),
      err: expect.stringContaining("1 letter of the last five seconds stayed"),
    });
    lock.release();
    await letters.close();
  });

  it("purge: deletes only what is named, only with --yes, and never beside a hub", async () => {
    const dataDir = await aDataDir();
    flip(join(folderOf(dataDir), segmentsIn(folderOf(dataDir))[1]!), 50);
    await spool(dataDir, "repair");
    expect(await spool(dataDir, "purge", "audit", "--yes")).toMatchObject({ status: 64 });
    expect(await spool(dataDir, "purge", "audit", "--pending", "--dead")).toMatchObject({
      status: 64,
      err: expect.stringContaining("6 records not yet delivered, 2 dead letters of audit for good: add --yes"),
    });
    const lock = await acquireSpoolLock(join(dataDir, "spool"));
    for (const action of [["purge", "audit", "--dead", "--yes"], ["repair"]])
      expect(await spool(dataDir, ...action)).toMatchObject({ status: 74, err: expect.stringContaining("stop it") });
    lock.release();
    expect(await spool(dataDir, "purge", "audit", "--dead", "--yes")).toMatchObject({ status: 0 });
    expect((await spool(dataDir, "ls")).out).toMatch(/audit +6 .* 0 +0 +1\n$/);
    expect(await spool(dataDir, "purge", "audit", "--pending", "--quarantine", "--yes")).toMatchObject({ status: 0 });
    expect((await spool(dataDir, "ls")).out).toMatch(/audit +0 +0 +- +0 +0 +0\n$/);
    const { spool: log } = await openTestSpool(folderOf(dataDir), config);
    await write(log, "new");
    expect(await log.read(10, 1000)).toMatchObject([{ position: 9 }]);
    await log.close();
    expect(readdirSync(folderOf(dataDir))).not.toContain("quarantine");
  });

  it("repair: leaves everything readable that was sound", async () => {
    const dataDir = await aDataDir();
    await spool(dataDir, "repair");
    const { spool: log, told } = await openTestSpool(folderOf(dataDir), config);
    expect(await readAll(log)).toHaveLength(6);
    expect(told.quarantined).toEqual([]);
    await log.close();
  });
});

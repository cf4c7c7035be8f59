import { createHash } from "node:crypto";
import { writeSync } from "node:fs";
import { durableDefaults } from "../../collector/config/lane-schema.ts";
import { openSpool } from "../../collector/dispatch/spool/open-spool.ts";

// A process that writes and reads a log until it is killed: `spool-child.ts <folder> <first id> <fsync> <segment bytes>`.
// Lines on standard output, each written before anything else happens: "c ID" for a record that is committed, "d ID" for one
// that is read, "a" after a batch is acknowledged, "q N" for records set aside, "x ..." for one that is not as it was appended.

const [directory, firstId, fsync, segmentBytes] = process.argv.slice(2);
const say = (line: string) => writeSync(1, `${line}\n`);

/** A payload whose bytes follow from its id. */
function payloadOf(id: number): Buffer {
  const digest = createHash("sha256").update(String(id)).digest("hex");
  return Buffer.from(`${id} ${digest.repeat(1 + (id % 9))}`);
}

const spool = await openSpool({
  directory: directory!,
  config: { ...durableDefaults, fsync: fsync as "never", fsyncInterval: 5, segmentBytes: Number(segmentBytes) },
  now: Date.now,
  events: {
    quarantined: (records) => say(`q ${records}`),
    passedOver() {},
    torn() {},
    lost: () => say("x lost"),
    trouble: (trouble) => say(`x ${trouble}`),
  },
});

async function produce(): Promise<void> {
  for (let id = Number(firstId); ; ) {
    const ids = Array.from({ length: 1 + (id % 20) }, () => id++);
    for (const one of ids) spool.append(payloadOf(one));
    await spool.commit();
    for (const one of ids) say(`c ${one}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function consume(): Promise<void> {
  for (;;) {
    const batch = await spool.read(10, 100_000);
    for (const { payload } of batch) {
      const id = Number.parseInt(payload.toString(), 10);
      say(payload.equals(payloadOf(id)) ? `d ${id}` : `x altered: ${payload}`);
    }
    const last = batch.at(-1);
    if (last === undefined) await new Promise<void>((resolve) => spool.whenReadable(resolve));
    else spool.acknowledge(last.position);
    if (last !== undefined) say("a");
  }
}

await Promise.all([produce(), consume()]);

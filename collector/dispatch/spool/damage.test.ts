import { cpSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { headerBytes, writeFrame } from "./frame.ts";
import { aFolder, openTestSpool, readAll, segmentsIn, texts, write } from "./spool.fixture.ts";

const frame = 41;
const perSegment = 3;
const config = { segmentBytes: perSegment * frame };

/** A log of three segments with three records each. */
async function aLog(): Promise<string> {
  const directory = aFolder();
  const { spool } = await openTestSpool(directory, config);
  await write(spool, ...texts(9));
  await spool.close();
  return directory;
}

/** The log with one file changed, as it is read then. */
async function readChanged(original: string, name: string, change: (path: string) => void) {
  const directory = aFolder();
  cpSync(original, directory, { recursive: true });
  change(join(directory, name));
  const { spool, told } = await openTestSpool(directory, config);
  const read = await readAll(spool, true);
  const { pending } = spool.state();
  await spool.close();
  return { read, pending, told, counted: told.quarantined.reduce((sum, { records }) => sum + records, 0) };
}

it("loses exactly the record that a flipped bit is in, wherever it is, and counts it", {
  timeout: 60_000,
}, async () => {
  const original = await aLog();
  for (const [index, name] of segmentsIn(original).entries()) {
    const bytes = readFileSync(join(original, name));
    for (let at = 0; at < bytes.length; at++) {
      const { read, pending, told, counted } = await readChanged(original, name, (path) => {
        const changed = Buffer.from(bytes);
        changed[at] = changed[at]! ^ (1 << (at % 8));
        writeFileSync(path, changed);
      });
      const hit = index * perSegment + Math.floor(at / frame);
      expect(read, `byte ${at} of ${name}`).toEqual(texts(9).filter((_, record) => record !== hit));
      expect({ pending, counted, torn: told.torn }).toEqual({ pending: 0, counted: 1, torn: 0 });
    }
  }
});

it("loses exactly what is behind the place where a file is cut short", { timeout: 60_000 }, async () => {
  const original = await aLog();
  const names = segmentsIn(original);
  for (const [index, name] of names.entries()) {
    for (let at = 0; at < perSegment * frame; at++) {
      const { read, pending, counted } = await readChanged(original, name, (path) => truncateSync(path, at));
      const first = index * perSegment + Math.floor(at / frame);
      const next = (index + 1) * perSegment;
      expect(read, `${name} cut at ${at}`).toEqual(texts(9).filter((_, record) => record < first || record >= next));
      // At the end of the log, it looks like a write that was interrupted.
      expect({ pending, counted }).toEqual({ pending: 0, counted: name === names.at(-1) ? 0 : next - first });
    }
  }
});

it("passes over bytes that were put in between", async () => {
  const original = await aLog();
  const [, name = ""] = segmentsIn(original);
  for (const garbage of ["x", "\xffMX\xf8", "y".repeat(300_000)]) {
    const { read, counted } = await readChanged(original, name, (path) => {
      const bytes = readFileSync(path);
      writeFileSync(
        path,
        Buffer.concat([bytes.subarray(0, frame), Buffer.from(garbage, "latin1"), bytes.subarray(frame)]),
      );
    });
    expect(read).toEqual(texts(9));
    expect(counted).toBe(0);
  }
});

it("gives no record twice when a stretch of a file was doubled", async () => {
  const original = await aLog();
  const [, name = ""] = segmentsIn(original);
  const { read, told } = await readChanged(original, name, (path) => {
    const bytes = readFileSync(path);
    writeFileSync(path, Buffer.concat([bytes, bytes.subarray(frame)]));
  });
  expect(read).toEqual(texts(9));
  expect(told.quarantined).toEqual([{ records: 0, bytes: 2 * frame, file: name }]);
});

it("takes nothing for a record that a sender hid in another", async () => {
  const directory = aFolder();
  const { spool } = await openTestSpool(directory);
  const hidden = Buffer.alloc(headerBytes + 6);
  writeFrame(hidden, 0, 2, 0, Buffer.from("hidden"));
  spool.append(Buffer.concat([hidden, Buffer.from("outer")]));
  await write(spool, "next");
  await spool.close();
  const [name = ""] = segmentsIn(directory);
  const { read, counted } = await readChanged(directory, name, (path) => {
    const bytes = readFileSync(path);
    bytes[headerBytes + hidden.length] = 0;
    writeFileSync(path, bytes);
  });
  expect(read).toEqual(["next"]);
  expect(counted).toBe(1);
});

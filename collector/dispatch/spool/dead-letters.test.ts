import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { fromEnvelope, toEnvelope } from "./dead-letter.ts";
import { openDeadLetters } from "./dead-letters.ts";
import { takeReplays } from "./replays.ts";
import { aFolder, keepEvents, segmentsIn } from "./spool.fixture.ts";

const letter = (text: string) => ({
  reason: "400 bad",
  handler: "audit",
  timeMs: 5,
  attempts: 2,
  payload: Buffer.from(JSON.stringify({ text })),
});

async function open(directory: string, maxBytes = 1_000_000) {
  const dropped: (readonly [number, string])[] = [];
  const { told, events } = keepEvents();
  const letters = await openDeadLetters({
    directory,
    maxBytes,
    now: () => 1000,
    events: { ...events, dropped: (count, reason) => void dropped.push([count, reason]) },
  });
  return { letters, dropped, told };
}

/** What `mixdown spool replay` does beside a running hub: moves all files but the newest. */
function replay(directory: string): void {
  mkdirSync(join(directory, "replay"), { recursive: true });
  for (const name of segmentsIn(join(directory, "dead")).slice(0, -1))
    renameSync(join(directory, "dead", name), join(directory, "replay", name));
}

async function take(directory: string, maxItems = 100) {
  const { events } = keepEvents();
  const replays = await takeReplays({ directory, events, now: () => 1000 });
  const read = (await replays?.read(maxItems, 1e6)) ?? [];
  return { replays, read, texts: read.map(({ letter: { payload } }) => JSON.parse(payload.toString()).text) };
}

it("wraps the instance byte for byte, whatever the reason says", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string(), fc.uint8Array(), (reason, handler, payload) => {
      const whole = { reason, handler, timeMs: 7.5, attempts: 3, payload: Buffer.from(payload) };
      expect(fromEnvelope(toEnvelope(whole))).toEqual(whole);
    }),
  );
  const tricky = { ...letter("x"), reason: 'no ,"instance": here', handler: '"' };
  expect(fromEnvelope(toEnvelope(tricky))).toEqual(tricky);
  expect(JSON.parse(toEnvelope(tricky).toString())).toMatchObject({ reason: tricky.reason, instance: { text: "x" } });
  expect(fromEnvelope(Buffer.from("garbage"))).toBeUndefined();
  expect(fromEnvelope(Buffer.from('{"reason,"instance":1}'))).toBeUndefined();
});

describe("dead letters", () => {
  it("survive a restart, and are counted", async () => {
    const directory = aFolder();
    const first = await open(directory);
    for (const text of ["a", "b"]) first.letters.add(letter(text));
    await first.letters.flush();
    expect(first.letters.state()).toMatchObject({ letters: 2 });
    await first.letters.close();
    const second = await open(directory);
    second.letters.add(letter("c"));
    await second.letters.flush();
    expect(second.letters.state()).toMatchObject({ letters: 3 });
    await second.letters.close();
    replay(directory);
    const { texts, read, replays } = await take(directory);
    expect(texts).toEqual(["a", "b", "c"]);
    expect(read[0]?.letter).toEqual(letter("a"));
    await replays?.close();
  });

  it("give way to newer ones beyond maxBytes", async () => {
    const directory = aFolder();
    const { letters, dropped } = await open(directory, 8000);
    for (let index = 0; index < 100; index++) {
      letters.add(letter(`${index}`));
      await letters.flush();
    }
    const { letters: left, bytes } = letters.state();
    expect(bytes).toBeLessThanOrEqual(8000);
    expect(left + dropped.reduce((sum, [count]) => sum + count, 0)).toBe(100);
    expect(new Set(dropped.map(([, reason]) => reason))).toEqual(new Set(["expired"]));
    expect(left).toBeGreaterThan(40);
    await letters.close();
    replay(directory);
    const { texts, replays } = await take(directory);
    expect(texts).toEqual(Array.from({ length: left }, (_, index) => `${100 - left + index}`));
    await replays?.close();
  });

  it("are dropped and counted where they can never fit", async () => {
    const { letters, dropped } = await open(aFolder(), 300);
    letters.add(letter("x".repeat(400)));
    expect(dropped).toEqual([[1, "disk"]]);
    await letters.close();
  });

  it("can be replayed five seconds after they came, beside a hub that runs", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const directory = aFolder();
    const { letters } = await open(directory);
    letters.add(letter("a"));
    await letters.flush();
    replay(directory);
    expect((await take(directory)).replays).toBeUndefined();
    vi.advanceTimersByTime(5000);
    replay(directory);
    const { texts, replays } = await take(directory);
    expect(texts).toEqual(["a"]);
    await replays?.close();
    letters.add(letter("b"));
    await letters.flush();
    letters.state();
    await vi.waitFor(() => expect(letters.state().letters).toBe(1));
    vi.useRealTimers();
    await letters.close();
  });
});

describe("replays", () => {
  async function replayed(...all: readonly string[]) {
    const directory = aFolder();
    const { letters } = await open(directory);
    for (const text of all) letters.add(letter(text));
    await letters.close();
    replay(directory);
    return directory;
  }

  it("go on after what was taken over, and leave nothing when all is", async () => {
    const directory = await replayed("a", "b", "c");
    const first = await take(directory, 2);
    first.replays?.acknowledge(first.read[0]!.position);
    await first.replays?.close();
    const second = await take(directory);
    expect(second.texts).toEqual(["b", "c"]);
    second.replays?.acknowledge(second.read[1]!.position);
    expect(await second.replays?.read(10, 1000)).toEqual([]);
    await second.replays?.close();
    expect(readdirSync(join(directory, "replay"))).toEqual(["ack"]);
    expect((await take(directory)).replays).toBeUndefined();
  });

  it("take letters of later replays too, even when the folder of dead letters was emptied", async () => {
    const directory = await replayed("a", "b");
    const first = await take(directory);
    first.replays?.acknowledge(first.read[1]!.position);
    await first.replays?.read(10, 1000);
    await first.replays?.close();
    renameSync(join(directory, "dead"), join(directory, "gone"));
    const { letters } = await open(directory);
    letters.add(letter("c"));
    await letters.close();
    replay(directory);
    const second = await take(directory);
    expect(second.texts).toEqual(["c"]);
    await second.replays?.close();
  });

  it("pass over damage, and files of nothing else", async () => {
    const directory = await replayed("a", "b", "c");
    const path = join(directory, "replay", segmentsIn(join(directory, "replay"))[0]!);
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] = 0;
    writeFileSync(path, bytes);
    const { texts, read, replays } = await take(directory);
    expect(texts).toEqual(["a", "b"]);
    replays?.acknowledge(read[1]!.position);
    await replays?.read(10, 1000);
    await replays?.close();
    expect(segmentsIn(join(directory, "replay"))).toEqual([]);
    writeFileSync(join(directory, "replay", "00000000000000000009.seg"), "garbage");
    const second = await take(directory);
    expect(second.texts).toEqual([]);
    await second.replays?.close();
    expect(segmentsIn(join(directory, "replay"))).toEqual([]);
  });
});

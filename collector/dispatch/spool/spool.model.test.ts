import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createFaultyDisk } from "./faulty-disk.fixture.ts";
import { aFolder, openTestSpool, segmentsIn, type Told } from "./spool.fixture.ts";
import type { Spool } from "./spool.ts";

type Operation =
  | { readonly kind: "append"; readonly sizes: readonly number[]; readonly commits: boolean }
  | { readonly kind: "read"; readonly maxItems: number; readonly maxBytes: number }
  | { readonly kind: "acknowledge"; readonly back: number }
  | { readonly kind: "reopen" | "crash" }
  | { readonly kind: "clock"; readonly nowMs: number }
  | { readonly kind: "diskFull"; readonly room: number; readonly sizes: readonly number[] }
  | { readonly kind: "damage"; readonly place: number; readonly how: "flip" | "cut" | "garbage" };

const size = fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 900 }));
const sizes = fc.array(size, { minLength: 1, maxLength: 8 });
const sound: fc.Arbitrary<Operation>[] = [
  fc.record({ kind: fc.constant("append" as const), sizes, commits: fc.boolean() }),
  fc.record({
    kind: fc.constant("read" as const),
    maxItems: fc.integer({ min: 1, max: 9 }),
    maxBytes: fc.integer({ min: 1, max: 2000 }),
  }),
  fc.record({ kind: fc.constant("acknowledge" as const), back: fc.nat(3) }),
  fc.record({ kind: fc.constantFrom("reopen" as const, "crash" as const) }),
  fc.record({ kind: fc.constant("clock" as const), nowMs: fc.integer({ min: 0, max: 2 ** 42 }) }),
];
const diskFull = fc.record({ kind: fc.constant("diskFull" as const), room: fc.nat(500), sizes });
const damage = fc.record({
  kind: fc.constant("damage" as const),
  place: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  how: fc.constantFrom("flip" as const, "cut" as const, "garbage" as const),
});

/** A log beside a list of what it should hold. */
class Model {
  #directory = aFolder();
  readonly #disk = createFaultyDisk();
  #spool: Spool | undefined;
  readonly #told: Told[] = [];
  #nowMs = 1000;
  /** Texts of records in the log, oldest first. */
  readonly #log: string[] = [];
  #count = 0;
  #readAt = 0;
  #ackedAt = 0;
  /** For each record read, its position. */
  readonly #positions: number[] = [];
  readonly #skipped = new Set<string>();
  #isDamaged = false;

  async open(): Promise<void> {
    const config = { segmentBytes: 500, openFile: this.#disk.openFile, now: () => this.#nowMs };
    const { spool, told } = await openTestSpool(this.#directory, config);
    this.#spool = spool;
    this.#told.push(told);
    this.#readAt = this.#ackedAt;
  }

  async run(operation: Operation): Promise<unknown> {
    switch (operation.kind) {
      case "append":
        return this.#append(operation.sizes, operation.commits);
      case "read":
        return this.#read(operation.maxItems, operation.maxBytes);
      case "acknowledge":
        return this.#acknowledge(operation.back);
      case "reopen":
        await this.#spool!.close();
        return this.open();
      case "crash":
        return this.#crash();
      case "clock":
        this.#nowMs = operation.nowMs;
        return;
      case "diskFull":
        return this.#fillDisk(operation.room, operation.sizes);
      case "damage":
        return this.#damage(operation.place, operation.how);
    }
  }

  /** Reads what is left; everything is accounted for. */
  async finish(): Promise<void> {
    await this.#spool!.commit();
    while ((await this.#read(50, 10_000)) > 0);
    this.#acknowledge(0);
    for (const text of this.#log.slice(this.#readAt)) this.#skipped.add(text);
    expect(this.#spool!.state()).toMatchObject({ pending: 0, oldestMs: undefined, trouble: undefined });
    await this.#spool!.close();
    const counted = this.#told.flatMap(({ quarantined }) => quarantined).reduce((sum, { records }) => sum + records, 0);
    if (!this.#isDamaged) expect([this.#skipped.size, counted]).toEqual([0, 0]);
    if (this.#skipped.size > 0) expect(counted).toBeGreaterThan(0);
  }

  async #append(lengths: readonly number[], commits: boolean): Promise<void> {
    for (const length of lengths) {
      const text = `${this.#count++}:`.padEnd(length, "x");
      expect(this.#spool!.append(Buffer.from(text))).toBe(true);
      this.#log.push(text);
    }
    if (commits) await this.#spool!.commit();
  }

  /** Without damage, exactly the next ones; with it, some of them may be missing. */
  async #read(maxItems: number, maxBytes: number): Promise<number> {
    const records = await this.#spool!.read(maxItems, maxBytes);
    expect(records.length).toBeLessThanOrEqual(maxItems);
    const bytes = records.reduce((sum, { payload }) => sum + payload.length, 0);
    if (records.length > 1) expect(bytes).toBeLessThanOrEqual(maxBytes);
    for (const { position, payload } of records) {
      const at = this.#log.indexOf(payload.toString(), this.#readAt);
      expect(at).toBeGreaterThanOrEqual(0);
      if (!this.#isDamaged) expect(at).toBe(this.#readAt);
      for (const text of this.#log.slice(this.#readAt, at)) this.#skipped.add(text);
      this.#positions[at] = position;
      this.#readAt = at + 1;
    }
    return records.length;
  }

  #acknowledge(back: number): void {
    const to = this.#readAt - back;
    const position = this.#positions[to - 1];
    if (to <= this.#ackedAt || position === undefined) return;
    this.#spool!.acknowledge(position);
    this.#ackedAt = to;
    if (!this.#isDamaged) expect(this.#spool!.state().pending).toBe(this.#log.length - to);
  }

  /** What a killed process leaves: the files as they are at this moment. What was not committed may be gone. */
  async #crash(): Promise<void> {
    const committed = this.#spool!.commit();
    const left = aFolder();
    await committed;
    cpSync(this.#directory, left, { recursive: true });
    await this.#spool!.close();
    this.#directory = left;
    await this.open();
  }

  async #fillDisk(room: number, lengths: readonly number[]): Promise<void> {
    await this.#spool!.commit();
    this.#disk.room = room;
    const before = this.#log.length;
    await this.#append(lengths, false);
    try {
      await this.#spool!.commit();
    } catch {
      this.#log.length = before;
    }
    this.#disk.room = undefined;
    await expect.poll(() => this.#spool!.state().trouble, { interval: 5 }).toBeUndefined();
  }

  async #damage(place: number, how: "flip" | "cut" | "garbage"): Promise<void> {
    await this.#spool!.close();
    const names = segmentsIn(this.#directory);
    const at = place * names.length;
    const path = join(this.#directory, names[Math.floor(at)] ?? "");
    // A file cut short at the very end looks like a write that was interrupted.
    const isLast = Math.floor(at) === names.length - 1;
    if (names.length > 0 && !(how === "cut" && isLast)) {
      const bytes = readFileSync(path);
      const offset = Math.floor((at % 1) * bytes.length);
      if (how === "flip" && bytes.length > 0) bytes[offset] = bytes[offset]! ^ (1 << (offset % 8));
      if (how === "garbage") bytes.fill(offset % 256, offset, Math.min(offset + 50, bytes.length));
      writeFileSync(path, how === "cut" ? bytes.subarray(0, offset) : bytes);
      this.#isDamaged = true;
    }
    await this.open();
  }
}

async function runAll(operations: readonly Operation[]): Promise<void> {
  const model = new Model();
  await model.open();
  for (const operation of operations) await model.run(operation);
  await model.finish();
}

const upTo = (operations: readonly fc.Arbitrary<Operation>[]) =>
  fc.array(fc.oneof(...operations), { minLength: 1, maxLength: 40 });

it("gives back exactly what was committed, whatever is done with it and however often it is opened", {
  timeout: 60_000,
}, async () => {
  await fc.assert(fc.asyncProperty(upTo(sound), runAll), { numRuns: 150 });
});

it("takes all of a write or nothing, when the disk is full", { timeout: 60_000 }, async () => {
  await fc.assert(fc.asyncProperty(upTo([...sound, diskFull]), runAll), { numRuns: 20 });
});

it("never gives altered records, and counts the missing ones, when files are damaged", {
  timeout: 60_000,
}, async () => {
  await fc.assert(fc.asyncProperty(upTo([...sound, damage]), runAll), { numRuns: 150 });
});

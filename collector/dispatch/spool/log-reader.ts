import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { ChunkPool } from "./chunk-pool.ts";
import { Damages, type DamagesOptions } from "./damages.ts";
import { type Segment, segmentName } from "./segment-list.ts";
import { SegmentScanner, type Step } from "./segment-scanner.ts";
import type { SpoolRecord } from "./spool.ts";
import { codeOf } from "./spool-error.ts";

/** What a reader works with. */
export interface LogReaderOptions extends DamagesOptions {
  readonly directory: string;
  /** The position of the first record to give. */
  readonly from: number;
  /** Whether positions missing between two segments are a loss. */
  readonly isWhole: boolean;
  /** The position after the last record written. */
  end(): number;
  /** Records from one position up to another cannot be read, and were set aside; `isNew` if they were not found before. */
  onGap(from: number, to: number): void;
  /** A segment cannot be read at all: nothing more should be written to it. */
  onUnreadable(segment: Segment): void;
}

const busy = ["EMFILE", "ENFILE", "ENOMEM", "EAGAIN", "EINTR"];
const busyMs = 100;

/** Reads a log in order over its segments. What is damaged is set aside and passed over. */
export class LogReader {
  readonly #options: LogReaderOptions;
  #expected: number;
  #segment: Segment | undefined;
  #file: FileHandle | undefined;
  #scanner: SegmentScanner | undefined;
  /** The last sound position met, given or not. */
  #seen = 0;
  readonly #damages: Damages;
  #step: Step | undefined;
  #head: SpoolRecord | undefined;
  readonly #pool = new ChunkPool();

  constructor(options: LogReaderOptions) {
    this.#options = options;
    this.#damages = new Damages(options);
    this.#expected = options.from;
  }

  /** The position after the last record given or passed over. */
  get position(): number {
    return this.#expected;
  }

  /** The next record, which stays the next one; undefined if there is none now. */
  async peek(): Promise<SpoolRecord | undefined> {
    this.#head ??= this.#takeQuickly() ?? (await this.#take());
    return this.#head;
  }

  /** The next records; see Spool.read. */
  async read(maxItems: number, maxBytes: number): Promise<SpoolRecord[]> {
    this.#pool.reuse(this.#scanner?.memory);
    const records: SpoolRecord[] = [];
    for (let bytes = 0; records.length < maxItems; ) {
      const next = this.#head ?? this.#takeQuickly() ?? (await this.#take());
      this.#head = next;
      bytes += next?.payload.length ?? 0;
      if (next === undefined || (records.length > 0 && bytes > maxBytes)) break;
      records.push(next);
      this.#head = undefined;
      this.#expected = next.position + 1;
    }
    return records;
  }

  async close(): Promise<void> {
    await this.#leave();
  }

  /** The way of nearly all records: the next one in order, read ahead already. */
  #takeQuickly(): SpoolRecord | undefined {
    this.#step ??= this.#scanner?.take();
    const step = this.#step;
    if (step?.kind !== "record" || step.record.position !== this.#expected || !this.#damages.isEmpty) return undefined;
    this.#step = undefined;
    this.#seen = this.#expected;
    return step.record;
  }

  async #take(): Promise<SpoolRecord | undefined> {
    for (;;) {
      const step = await this.#nextStep();
      if (step === undefined) {
        const end = this.#options.end();
        if (await this.#enterNext()) continue;
        if (!this.#damages.isEmpty) await this.#settle(end);
        return undefined;
      }
      this.#step = undefined;
      if (step.kind !== "record") {
        this.#note(step.from, step.to, "these bytes are no sound records");
        continue;
      }
      const { position } = step.record;
      if (position >= this.#expected) await this.#settle(position);
      this.#seen = position;
      if (position >= this.#expected) return step.record;
    }
  }

  /** The next step in the segment; undefined at its end, as far as it is written. */
  async #nextStep(): Promise<Step | undefined> {
    while (this.#scanner !== undefined) {
      const step = this.#step ?? this.#scanner.take();
      if (step !== undefined) return step;
      try {
        if (!(await this.#scanner.fill())) return this.#scanner.rest();
      } catch (error) {
        await this.#onFault(error);
      }
    }
    return undefined;
  }

  async #enterNext(): Promise<boolean> {
    const { segments } = this.#options;
    const current = this.#segment;
    if (current !== undefined && this.#scanner !== undefined && this.#scanner.offset < current.bytes) return true;
    const next = current === undefined ? segments.holding(this.#expected) : segments.after(current);
    if (next === undefined) return false;
    await this.#leave();
    this.#segment = next;
    if (!this.#options.isWhole && this.#damages.isEmpty) this.#expected = Math.max(this.#expected, next.first);
    await this.#enter(next);
    return true;
  }

  async #enter(segment: Segment): Promise<void> {
    try {
      const file = await open(this.#pathOf(segment), "r");
      const isPlausible = (position: number) =>
        position > this.#seen &&
        position >= segment.first &&
        position < (this.#options.segments.after(segment)?.first ?? Infinity);
      this.#file = file;
      this.#scanner = new SegmentScanner(file, () => segment.bytes, isPlausible, this.#pool);
    } catch (error) {
      await this.#onFault(error);
      if (busy.includes(codeOf(error))) await this.#enter(segment);
    }
  }

  /** What passes is waited for; else the rest of the segment is given up. */
  async #onFault(error: unknown): Promise<void> {
    if (busy.includes(codeOf(error))) {
      await new Promise((resolve) => setTimeout(resolve, busyMs));
      return;
    }
    const segment = this.#segment!;
    const from = this.#scanner?.offset ?? 0;
    await this.#leave();
    this.#note(from, segment.bytes, error instanceof Error ? error.message : String(error));
    this.#options.onUnreadable(segment);
  }

  #note(from: number, to: number, reason: string): void {
    this.#damages.add({ segment: this.#segment!, from, to, reason });
  }

  async #leave(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#scanner = undefined;
    await file?.close();
  }

  /** Sets aside what was found before a sound record, or before the end, and goes on from there. */
  async #settle(position: number): Promise<void> {
    const from = this.#expected;
    if (position <= from && this.#seen < from - 1) {
      this.#damages.forget();
      return;
    }
    await this.#damages.settle(position - from, from, this.#segment);
    this.#expected = Math.max(from, position);
    if (position > from) this.#options.onGap(from, position);
  }

  #pathOf({ first }: Segment): string {
    return join(this.#options.directory, segmentName(first));
  }
}

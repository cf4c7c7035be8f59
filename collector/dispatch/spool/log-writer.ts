import type { DurableConfig } from "../../config/lane-schema.ts";
import { DiskWatch } from "./disk-watch.ts";
import { headerBytes } from "./frame.ts";
import { FrameBatch } from "./frame-batch.ts";
import { SegmentFiles, type SegmentFilesOptions } from "./segment-files.ts";
import type { SpoolTrouble } from "./spool.ts";
import { SpoolError, troubleOf } from "./spool-error.ts";

/** What a writer tells. */
export interface LogWriterEvents {
  /** There is more to read. */
  written(): void;
  /** The disk does not take writes, told again each time it is tried, or, with undefined, takes them again. */
  trouble(trouble: SpoolTrouble | undefined, detail: string): void;
  /** Appended records that could not be written. */
  lost(records: number, detail: string): void;
}

/** What a writer works with. */
export interface LogWriterOptions extends Pick<SegmentFilesOptions, "directory" | "segments" | "openFile"> {
  readonly config: Pick<DurableConfig, "fsync" | "fsyncInterval" | "segmentBytes">;
  /** The position of the next record. */
  readonly next: number;
  /** Whether the newest segment may be written on: its last record is the one before `next`. */
  readonly continues: boolean;
  readonly events: LogWriterEvents;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Writes a log in groups: what is appended while a write is under way goes with the next one. */
export class LogWriter {
  readonly #options: LogWriterOptions;
  readonly #files: SegmentFiles;
  #staged = new FrameBatch();
  #spare = new FrameBatch();
  #writing: FrameBatch | undefined;
  #run: Promise<void> | undefined;
  #next: number;
  #end: number;
  /** Bytes of the segment that the next record goes to; undefined if it has to be a new one. */
  #planned: number | undefined;
  readonly #disk: DiskWatch;
  #untold: SpoolError | undefined;
  #syncTimer: NodeJS.Timeout | undefined;
  #syncing: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: LogWriterOptions) {
    const { config, next, continues, segments } = options;
    this.#options = options;
    this.#files = new SegmentFiles({ ...options, fsync: config.fsync });
    this.#disk = new DiskWatch({
      probe: () => this.#probe(),
      onChange: (trouble, detail) => options.events.trouble(trouble, detail),
    });
    this.#next = next;
    this.#end = next;
    this.#planned = continues ? segments.newest?.bytes : undefined;
  }

  /** The position of the next record. */
  get next(): number {
    return this.#next;
  }

  /** The position after the last record that is written. */
  get end(): number {
    return this.#end;
  }

  /** Bytes that wait to be written. */
  get unwrittenBytes(): number {
    return this.#staged.bytes + (this.#writing?.bytes ?? 0);
  }

  /** Why the disk takes no writes for now. */
  get trouble(): SpoolTrouble | undefined {
    return this.#disk.trouble;
  }

  /** Adds a record to the next write; false while the disk takes none. */
  append(payload: Uint8Array): boolean {
    if (this.trouble !== undefined || this.#isClosed) return false;
    this.#plan(headerBytes + payload.length);
    this.#staged.add(this.#next++, this.#options.now(), payload);
    this.#start();
    return true;
  }

  /** Resolves once everything appended so far is written; rejects with a SpoolError if some of it could not be. */
  commit(): Promise<void> {
    const untold = this.#untold;
    this.#untold = undefined;
    if (untold !== undefined) return Promise.reject(untold);
    const batch = this.#staged.count > 0 ? this.#staged : this.#writing;
    if (batch === undefined) return Promise.resolve();
    return new Promise((resolve, reject) => batch.waiters.push({ resolve, reject }));
  }

  /** Has the next record begin a new segment. */
  seal(): void {
    this.#planned = undefined;
  }

  /** Space was freed: tries at once whether the disk takes writes again. */
  retry(): void {
    this.#disk.retry();
  }

  /** Writes what was appended, and closes. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#run;
    clearTimeout(this.#syncTimer);
    await this.#syncing;
    await this.#disk.close();
    await this.#files.undo().catch(() => {});
    await this.#files.sync().catch((error: unknown) => this.#disk.failed(error));
    await this.#files.close();
  }

  #plan(bytes: number): void {
    const planned = this.#planned;
    if (planned === undefined || (planned > 0 && planned + bytes > this.#options.config.segmentBytes)) {
      this.#staged.cut(this.#next);
      this.#planned = bytes;
    } else {
      this.#planned = planned + bytes;
    }
  }

  #start(): void {
    this.#run ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.#writeAll());
  }

  async #writeAll(): Promise<void> {
    while (this.#staged.count > 0) {
      const batch = this.#staged;
      this.#writing = batch;
      this.#staged = this.#spare;
      try {
        await this.#files.write(batch.pieces());
        this.#succeed(batch);
      } catch (error) {
        this.#fail(batch, error);
      }
      this.#writing = undefined;
      batch.clear();
      this.#spare = batch;
    }
    this.#run = undefined;
  }

  #succeed(batch: FrameBatch): void {
    this.#end += batch.count;
    this.#disk.passed();
    for (const { resolve } of batch.waiters) resolve();
    if (this.#options.config.fsync === "interval") this.#syncLater();
    this.#options.events.written();
  }

  /** What was appended meanwhile is refused, too: its positions would leave a gap. */
  #fail(batch: FrameBatch, error: unknown): void {
    const lost = batch.count + this.#staged.count;
    const waiters = [...batch.waiters, ...this.#staged.waiters];
    this.#staged.clear();
    this.#next = this.#end;
    this.#planned = undefined;
    const trouble = troubleOf(error);
    const told = new SpoolError(trouble, lost, `${lost} records could not be written to the log: ${textOf(error)}`, {
      cause: error,
    });
    if (waiters.length === 0) this.#untold = told;
    this.#disk.failed(error);
    this.#options.events.lost(lost, textOf(error));
    for (const { reject } of waiters) reject(told);
  }

  /** What a failed write left is cut off before anything else is written. */
  async #probe(): Promise<void> {
    await this.#run;
    await this.#files.undo();
    await this.#files.probe();
    await this.#files.sync();
  }

  #syncLater(): void {
    this.#syncTimer ??= setTimeout(() => {
      this.#syncing = this.#sync();
    }, this.#options.config.fsyncInterval);
  }

  async #sync(): Promise<void> {
    try {
      await this.#files.sync();
    } catch (error) {
      if (this.trouble === undefined) this.#disk.failed(error);
      this.#planned = undefined;
    }
    this.#syncTimer = undefined;
    if (this.#files.isDirty && this.trouble === undefined && !this.#isClosed) this.#syncLater();
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import { type FileHandle, mkdir, open, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DurableConfig } from "../../config/lane-schema.ts";
import { type Segment, type SegmentList, segmentName } from "./segment-list.ts";

/** What the log needs of a file that it writes. */
export type LogFile = Pick<FileHandle, "write" | "truncate" | "datasync" | "close">;

/** What segments are written with. */
export interface SegmentFilesOptions {
  readonly directory: string;
  readonly segments: SegmentList;
  readonly fsync: DurableConfig["fsync"];
  /** Opens a file for writing; tests put failing disks here. */
  readonly openFile?: (path: string, flags: string) => Promise<LogFile>;
}

/** Bytes for one segment; `first` where they begin a new one. */
export interface Piece {
  readonly first: number | undefined;
  readonly bytes: Buffer;
}

interface OpenSegment {
  readonly segment: Segment;
  readonly file: LogFile;
  size: number;
}

/** The files that a log is written to: a write takes effect as a whole, in the list of segments, or is undone. */
export class SegmentFiles {
  readonly #options: SegmentFilesOptions;
  #current: OpenSegment | undefined;
  /** Files of the write that is under way, or that failed and is yet to be undone. */
  #touched: OpenSegment[] = [];
  /** Written and not yet synced. */
  readonly #dirty = new Set<OpenSegment>();
  /** Being synced: they stay open, since they have to be synced again if it fails. */
  readonly #syncing = new Set<OpenSegment>();
  #isFolderDirty = false;
  #lastSync: Promise<void> = Promise.resolve();

  constructor(options: SegmentFilesOptions) {
    this.#options = options;
  }

  /** Whether something was written that a power cut could take. */
  get isDirty(): boolean {
    return this.#dirty.size > 0 || this.#isFolderDirty;
  }

  /** Writes pieces in order. If it rejects, nothing may be written before `undo` has passed. */
  async write(pieces: readonly Piece[]): Promise<void> {
    for (const { first, bytes } of pieces) {
      const target = first === undefined ? await this.#resume() : await this.#begin(first);
      await writeAll(target.file, bytes, target.size);
      target.size += bytes.length;
    }
    if (this.#options.fsync !== "never") for (const touched of this.#touched) this.#dirty.add(touched);
    if (this.#options.fsync === "always") await this.sync();
    this.#publish();
  }

  /** Takes back a write that failed: none of it stays on disk. */
  async undo(): Promise<void> {
    for (const touched of this.#touched) {
      if (this.#isNew(touched.segment)) await rm(this.#pathOf(touched.segment), { force: true });
      else await touched.file.truncate(touched.segment.bytes);
      touched.size = touched.segment.bytes;
      if (touched !== this.#current) this.#discard(touched);
    }
    this.#touched = [];
  }

  /** Makes safe what was written, one after the other. */
  sync(): Promise<void> {
    const synced = this.#lastSync.then(() => this.#syncDirty());
    this.#lastSync = synced.catch(() => {});
    return synced;
  }

  /** Tries whether the disk takes bytes. */
  async probe(): Promise<void> {
    const path = join(this.#options.directory, "probe");
    await mkdir(this.#options.directory, { recursive: true, mode: 0o750 });
    try {
      await writeFile(path, Buffer.alloc(65_536), { flush: this.#options.fsync !== "never" });
    } finally {
      await rm(path, { force: true });
    }
  }

  async close(): Promise<void> {
    const files = new Set([...this.#dirty, ...this.#touched, ...(this.#current === undefined ? [] : [this.#current])]);
    await Promise.all([...files].map(({ file }) => file.close().catch(() => {})));
    this.#dirty.clear();
    this.#current = undefined;
  }

  /** The newest segment, to be written on. */
  async #resume(): Promise<OpenSegment> {
    const segment = this.#options.segments.newest!;
    if (this.#current?.segment !== segment) {
      this.#current = { segment, file: await this.#open(segment, "r+"), size: segment.bytes };
    }
    return this.#touch(this.#current);
  }

  async #begin(first: number): Promise<OpenSegment> {
    const { newest } = this.#options.segments;
    const segment = newest?.first === first ? newest : { first, bytes: 0 };
    const begun = { segment, file: await this.#open(segment, "w"), size: 0 };
    this.#isFolderDirty = true;
    return this.#touch(begun);
  }

  #touch(segment: OpenSegment): OpenSegment {
    if (!this.#touched.includes(segment)) this.#touched.push(segment);
    return segment;
  }

  #publish(): void {
    const { segments } = this.#options;
    for (const { segment, size } of this.#touched) {
      if (this.#isNew(segment)) segments.add(segment);
      segments.grow(segment, size - segment.bytes);
    }
    const old = [this.#current, ...this.#touched.slice(0, -1)];
    this.#current = this.#touched.at(-1);
    this.#touched = [];
    for (const one of old) if (one !== undefined) this.#closeIfOld(one);
  }

  #isNew(segment: Segment): boolean {
    return this.#options.segments.newest !== segment && segment.bytes === 0;
  }

  async #syncDirty(): Promise<void> {
    const dirty = [...this.#dirty];
    const isFolderDirty = this.#isFolderDirty;
    for (const one of dirty) this.#syncing.add(one);
    this.#dirty.clear();
    this.#isFolderDirty = false;
    try {
      await Promise.all(dirty.map(({ file }) => file.datasync()));
      if (isFolderDirty) await syncFolder(this.#options.directory);
    } catch (error) {
      for (const one of dirty) this.#dirty.add(one);
      this.#isFolderDirty ||= isFolderDirty;
      throw error;
    } finally {
      for (const one of dirty) this.#syncing.delete(one);
    }
    for (const one of dirty) this.#closeIfOld(one);
  }

  /** Closes a file that is neither written on nor waiting to be synced. */
  #closeIfOld(one: OpenSegment): void {
    const isWaiting = this.#dirty.has(one) || this.#syncing.has(one);
    if (one !== this.#current && !this.#touched.includes(one) && !isWaiting) this.#discard(one);
  }

  #discard(one: OpenSegment): void {
    this.#dirty.delete(one);
    one.file.close().catch(() => {});
  }

  #open(segment: Segment, flags: string): Promise<LogFile> {
    return (this.#options.openFile ?? open)(this.#pathOf(segment), flags);
  }

  #pathOf({ first }: Segment): string {
    return join(this.#options.directory, segmentName(first));
  }
}

async function writeAll(file: LogFile, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}

async function syncFolder(directory: string): Promise<void> {
  const folder = await open(directory, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

import type { FileHandle } from "node:fs/promises";
import { crc32c } from "../../../schemas/model/crc32c.ts";
import { ChunkPool, chunkBytes } from "./chunk-pool.ts";
import { type FrameHeader, headerBytes, marker, readHeader } from "./frame.ts";
import type { SpoolRecord } from "./spool.ts";

/** What lies at a place of a segment. */
export type Step =
  | { readonly kind: "record"; readonly record: SpoolRecord; readonly from: number; readonly to: number }
  | { readonly kind: "damage"; readonly from: number; readonly to: number }
  /** The beginning of a frame, as an interrupted write leaves it at the end of a file. */
  | { readonly kind: "torn"; readonly from: number; readonly to: number };

/**
 * Reads one segment from front to back in bounded memory: sound records, and the stretches between them that are damaged.
 * Works on what was read ahead; when `take` has nothing, `fill` reads on.
 */
export class SegmentScanner {
  readonly #file: Pick<FileHandle, "read">;
  /** How far the file may be read now. */
  readonly #limit: () => number;
  readonly #isPlausible: (position: number) => boolean;
  readonly #pool: ChunkPool;
  #chunk: Buffer = Buffer.alloc(0);
  /** Where in the file the chunk begins. */
  #base = 0;
  /** Where in the chunk scanning goes on. */
  #at = 0;
  #damagedFrom: number | undefined;
  /** Bytes that must be at hand before scanning can go on. */
  #wanted = 0;
  /** The limit where reading ended. */
  #end = 0;

  constructor(
    file: Pick<FileHandle, "read">,
    limit: () => number,
    isPlausible: (position: number) => boolean = () => true,
    pool = new ChunkPool(),
  ) {
    this.#file = file;
    this.#limit = limit;
    this.#isPlausible = isPlausible;
    this.#pool = pool;
  }

  /** Where scanning goes on in the file. */
  get offset(): number {
    return this.#base + this.#at;
  }

  /** All steps up to the limit; each is to be used before the next. */
  async *steps(): AsyncGenerator<Step> {
    for (;;) {
      const step = this.take();
      if (step !== undefined) {
        yield step;
        continue;
      }
      this.#pool.reuse(this.memory);
      if (!(await this.fill())) break;
    }
    const rest = this.rest();
    if (rest !== undefined) yield rest;
  }

  /** What was read ahead and not yet scanned lies here. */
  get memory(): ArrayBufferLike {
    return this.#chunk.buffer;
  }

  /** The next step in what was read ahead; undefined if that does not suffice. */
  take(): Step | undefined {
    return this.#damagedFrom === undefined ? this.#takeFrame() : this.#takeDamage(this.#damagedFrom);
  }

  /** Reads on; false at the limit, where `rest` says what is left. */
  async fill(): Promise<boolean> {
    const left = this.#chunk.length - this.#at;
    const end = this.#base + this.#chunk.length;
    this.#end = this.#limit();
    const more = Math.min(Math.max(chunkBytes, this.#wanted) - left, this.#end - end);
    if (more <= 0) return false;
    const next = this.#pool.take(left + more);
    this.#chunk.copy(next, 0, this.#at);
    const { bytesRead } = await this.#file.read(next, left, more, end);
    this.#base += this.#at;
    this.#at = 0;
    this.#chunk = next.subarray(0, left + bytesRead);
    return bytesRead > 0;
  }

  /** What is left before the limit once `fill` has met it; undefined if nothing is. */
  rest(): Step | undefined {
    const from = this.#damagedFrom ?? this.offset;
    const to = this.#end;
    if (from >= to) return undefined;
    const kind = this.#damagedFrom === undefined && this.#startsFrame() ? "torn" : "damage";
    this.#damagedFrom = undefined;
    this.#base = to;
    this.#at = 0;
    this.#chunk = this.#chunk.subarray(0, 0);
    return { kind, from, to };
  }

  #takeFrame(): Step | undefined {
    const at = this.#at;
    const header = this.#headerAt(at);
    if (header === "short") return undefined;
    if (header !== undefined && !this.#has(at, headerBytes + header.length)) return undefined;
    if (header !== undefined && this.#isSound(at, header)) return this.#record(at, header);
    this.#damagedFrom = this.offset;
    // Where the header is sound, nothing inside its payload is taken for a frame, whatever a sender put there.
    this.#at = header === undefined ? at + 1 : at + headerBytes + header.length;
    return this.#takeDamage(this.#damagedFrom);
  }

  /** Looks for the next sound frame, which ends the damage. */
  #takeDamage(from: number): Step | undefined {
    for (;;) {
      const at = this.#chunk.indexOf(marker, this.#at);
      if (at === -1) {
        this.#at = Math.max(this.#at, this.#chunk.length - marker.length + 1);
        this.#wanted = marker.length;
        return undefined;
      }
      this.#at = at;
      const header = this.#headerAt(at);
      if (header === "short") return undefined;
      if (header !== undefined && !this.#has(at, headerBytes + header.length)) {
        if (!this.#reachesBeyond(at, header)) return undefined;
      } else if (header !== undefined && this.#isSound(at, header)) {
        this.#damagedFrom = undefined;
        return { kind: "damage", from, to: this.offset };
      }
      this.#at = at + 1;
    }
  }

  #record(at: number, { length, position, timeMs }: FrameHeader): Step {
    const from = this.#base + at;
    const payload = this.#chunk.subarray(at + headerBytes, at + headerBytes + length);
    this.#at = at + headerBytes + length;
    return { kind: "record", record: { position, timeMs, payload }, from, to: this.offset };
  }

  #headerAt(at: number): FrameHeader | undefined | "short" {
    return this.#has(at, headerBytes) ? readHeader(this.#chunk, at) : "short";
  }

  #has(at: number, bytes: number): boolean {
    this.#wanted = bytes;
    return at + bytes <= this.#chunk.length;
  }

  #reachesBeyond(at: number, { length }: FrameHeader): boolean {
    return this.#base + at + headerBytes + length > this.#limit();
  }

  #isSound(at: number, { length, position, payloadCrc }: FrameHeader): boolean {
    const start = at + headerBytes;
    return this.#isPlausible(position) && crc32c(this.#chunk, start, start + length) === payloadCrc;
  }

  /** Whether what is left is the beginning of a frame whose end is missing. */
  #startsFrame(): boolean {
    const left = this.#chunk.subarray(this.#at);
    if (left.length >= headerBytes) return readHeader(left, 0) !== undefined;
    const known = Math.min(left.length, marker.length);
    return left.compare(marker, 0, known, 0, known) === 0;
  }
}

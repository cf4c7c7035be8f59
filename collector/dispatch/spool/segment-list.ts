import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "./spool-error.ts";

/** One file of a log, named by the position that its first record has, or would have. */
export interface Segment {
  readonly first: number;
  /** Bytes of whole frames that may be read. */
  bytes: number;
}

const namePattern = /^(\d{20})\.seg$/;

/** The file's name of the segment that begins with a position. */
export function segmentName(first: number): string {
  return `${String(first).padStart(20, "0")}.seg`;
}

/** The first positions of the segments in a folder, ascending; empty if there is no folder. */
export async function listSegments(directory: string): Promise<number[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  });
  const firsts = names.flatMap((name) => namePattern.exec(name)?.[1] ?? []).map(Number);
  return firsts.filter(Number.isSafeInteger).sort((a, b) => a - b);
}

const statsAtOnce = 64;

/** Segments with the sizes of their files. Those that vanish meanwhile are left out. */
export async function measureSegments(directory: string, firsts: readonly number[]): Promise<Segment[]> {
  const measured: Segment[] = [];
  for (let at = 0; at < firsts.length; at += statsAtOnce) {
    const sizes = firsts.slice(at, at + statsAtOnce).map(async (first) => {
      const found = await stat(join(directory, segmentName(first))).catch(() => undefined);
      return found?.isFile() ? [{ first, bytes: found.size }] : [];
    });
    measured.push(...(await Promise.all(sizes)).flat());
  }
  return measured;
}

/** The segments of an open log, oldest first: the writer adds at the end, the reader follows, acknowledged ones go at the front. */
export class SegmentList {
  readonly #segments: Segment[];
  #bytes: number;

  constructor(segments: readonly Segment[]) {
    this.#segments = [...segments];
    this.#bytes = segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Bytes of all of them. */
  get bytes(): number {
    return this.#bytes;
  }

  get oldest(): Segment | undefined {
    return this.#segments[0];
  }

  get newest(): Segment | undefined {
    return this.#segments.at(-1);
  }

  /** All of them, oldest first. */
  all(): readonly Segment[] {
    return [...this.#segments];
  }

  add(segment: Segment): void {
    this.#segments.push(segment);
    this.#bytes += segment.bytes;
  }

  grow(segment: Segment, bytes: number): void {
    segment.bytes += bytes;
    this.#bytes += bytes;
  }

  remove(segment: Segment): void {
    const at = this.#segments.indexOf(segment);
    if (at === -1) return;
    this.#segments.splice(at, 1);
    this.#bytes -= segment.bytes;
  }

  /** The segment that a position is in, or else the first one after it. */
  holding(position: number): Segment | undefined {
    const after = this.#segments.findIndex(({ first }) => first > position);
    if (after === -1) return this.#segments.at(-1);
    return this.#segments[Math.max(0, after - 1)];
  }

  /** The segment after one, which may itself be gone. */
  after({ first }: Segment): Segment | undefined {
    return this.#segments.find((segment) => segment.first > first);
  }
}

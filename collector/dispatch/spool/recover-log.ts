import { open, truncate } from "node:fs/promises";
import { join } from "node:path";
import { chunkBytes } from "./chunk-pool.ts";
import { marker } from "./frame.ts";
import type { Quarantine } from "./quarantine.ts";
import { listSegments, measureSegments, type Segment, segmentName } from "./segment-list.ts";
import { SegmentScanner, type Step } from "./segment-scanner.ts";
import type { SpoolEvents } from "./spool.ts";

/** Where a log was left. */
export interface RecoveredLog {
  readonly segments: readonly Segment[];
  /** The position of the next record. */
  readonly next: number;
  /** Whether the newest segment may be written on. */
  readonly continues: boolean;
}

/** What recovery works with. */
export interface RecoverOptions {
  readonly directory: string;
  /** Positions up to this one are taken. */
  readonly used: number;
  readonly quarantine: Quarantine;
  readonly events: Pick<SpoolEvents, "quarantined" | "torn">;
}

/** The end of a segment. */
interface Tail {
  /** The last sound position; undefined if there is none. */
  readonly last: number | undefined;
  /** Where its frame ends. */
  readonly end: number;
  readonly rest: Extract<Step, { kind: "damage" | "torn" }> | undefined;
}

/** Finds where to go on; only the newest segment is read. An interrupted write at its end is cut off, damage there is set aside. */
export async function recoverLog(options: RecoverOptions): Promise<RecoveredLog> {
  const { directory, used } = options;
  const segments = await measureSegments(directory, await listSegments(directory));
  const newest = segments.at(-1);
  if (newest === undefined) return { segments, next: used + 1, continues: false };
  const tail = await readTail(join(directory, segmentName(newest.first)), newest.bytes);
  const isKept = await cutTail(newest, tail, options);
  const ownNext = tail.last === undefined ? newest.first : tail.last + 1;
  const next = Math.max(ownNext, used + 1);
  const continues = isKept && newest.bytes === tail.end && next === ownNext;
  return { segments: isKept ? segments : segments.slice(0, -1), next, continues };
}

async function readTail(path: string, bytes: number): Promise<Tail> {
  let last: number | undefined;
  let end = 0;
  let rest: Tail["rest"];
  const file = await open(path, "r");
  try {
    const scanner = new SegmentScanner(file, () => bytes);
    for await (const step of scanner.steps()) {
      if (step.kind !== "record") {
        rest = step;
        continue;
      }
      last = step.record.position;
      end = step.to;
      rest = undefined;
    }
  } catch {
    rest = { kind: "damage", from: end, to: bytes };
  } finally {
    await file.close();
  }
  return { last, end, rest };
}

/** False if nothing of the segment is sound, and it was moved away. */
async function cutTail(segment: Segment, { last, end, rest }: Tail, options: RecoverOptions): Promise<boolean> {
  if (rest === undefined) return true;
  const { directory, quarantine, events } = options;
  const file = segmentName(segment.first);
  if (rest.kind === "damage") {
    const isWhole = last === undefined;
    const firstPosition = isWhole ? segment.first : last + 1;
    const records = await countFrames(join(directory, file), end, rest.to);
    const note = { file, from: end, to: rest.to, records, firstPosition, reason: "the end of the log is damaged" };
    if (isWhole) await quarantine.takeSegment(segment.first, note);
    else await quarantine.takeTail(segment.first, note);
    events.quarantined(records, rest.to - end, file);
    if (isWhole) return false;
  }
  try {
    await truncate(join(directory, file), end);
    segment.bytes = end;
  } catch {
    // What cannot be cut off stays, and the log goes on in a new segment.
  }
  if (rest.kind === "torn") events.torn(rest.to - end);
  return true;
}

/** How many records a damaged stretch held, as its markers tell: the one it begins with may have lost its own. */
async function countFrames(path: string, from: number, to: number): Promise<number> {
  let count = 1;
  try {
    const file = await open(path, "r");
    try {
      const chunk = Buffer.alloc(chunkBytes);
      for (let at = from + 1; at + marker.length <= to; ) {
        const { bytesRead } = await file.read(chunk, 0, Math.min(chunkBytes, to - at), at);
        if (bytesRead < marker.length) break;
        for (let found = -1; ; count++) {
          found = chunk.subarray(0, bytesRead).indexOf(marker, found + 1);
          if (found === -1) break;
        }
        at += bytesRead - marker.length + 1;
      }
    } finally {
      await file.close();
    }
  } catch {
    // What cannot be read is one record at the least.
  }
  return count;
}

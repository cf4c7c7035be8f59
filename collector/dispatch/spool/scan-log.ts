import { open } from "node:fs/promises";
import { join } from "node:path";
import { listSegments, measureSegments, segmentName } from "./segment-list.ts";
import { SegmentScanner } from "./segment-scanner.ts";
import type { SpoolRecord } from "./spool.ts";
import { codeOf } from "./spool-error.ts";

/** What a log holds at a place. */
export type Found =
  | { readonly kind: "record"; readonly record: SpoolRecord }
  /** Bytes that are no sound record: in a file from one byte to another. `first`: the position that its file is named by. */
  | {
      readonly kind: "damage";
      readonly first: number;
      readonly from: number;
      readonly to: number;
      readonly reason: string;
    }
  /** The beginning of a frame at the very end: a write was interrupted, or is under way. */
  | { readonly kind: "torn"; readonly first: number; readonly from: number; readonly to: number };

/** Reads a log without changing it, from the file that holds a position on; another process may write it meanwhile. */
export async function* scanLog(directory: string, from = 0): AsyncGenerator<Found> {
  const firsts = await listSegments(directory);
  const start = firsts.findLastIndex((first) => first <= from);
  for (const first of firsts.slice(Math.max(0, start))) yield* scanSegment(directory, first, first === firsts.at(-1));
}

async function* scanSegment(directory: string, first: number, isNewest: boolean): AsyncGenerator<Found> {
  const [segment] = await measureSegments(directory, [first]);
  if (segment === undefined) return;
  let offset = 0;
  try {
    const file = await open(join(directory, segmentName(first)), "r");
    try {
      let last = first - 1;
      const scanner = new SegmentScanner(
        file,
        () => segment.bytes,
        (position) => position > last,
      );
      for await (const step of scanner.steps()) {
        offset = step.to;
        if (step.kind === "record") {
          last = step.record.position;
          yield step;
        } else if (step.kind === "torn" && isNewest) yield { ...step, first };
        else yield { ...step, first, kind: "damage", reason: "no sound records" };
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    const reason = error instanceof Error ? error.message : String(error);
    yield { kind: "damage", first, from: offset, to: segment.bytes, reason };
  }
}

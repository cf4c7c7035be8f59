import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AckFile } from "./ack-file.ts";
import { logFolders } from "./mend-log.ts";
import { scanLog } from "./scan-log.ts";
import { listSegments, segmentName } from "./segment-list.ts";

/**
 * Moves files of dead letters to where the lane takes them from. A running hub still writes to the newest one: it stays, unless
 * the caller holds the lock. Returns the positions that the moved files are named by.
 */
export async function moveToReplay(directory: string, isLocked: boolean): Promise<number[]> {
  const dead = join(directory, "dead");
  const replay = join(directory, "replay");
  if (isLocked) await closeNewest(dead);
  const closed = (await listSegments(dead)).slice(0, -1);
  if (closed.length > 0) await mkdir(replay, { recursive: true, mode: 0o750 });
  const moved: number[] = [];
  for (const first of closed) {
    const isMoved = await rename(join(dead, segmentName(first)), join(replay, segmentName(first))).then(
      () => true,
      // The hub has just deleted it to make room.
      () => false,
    );
    if (isMoved) moved.push(first);
  }
  return moved;
}

/** Takes everything that is pending as done. Needs the lock. */
export async function purgePending(directory: string): Promise<void> {
  const next = await nextPosition(directory);
  if (next === undefined) return;
  const ack = new AckFile(join(directory, "ack"));
  ack.write(Math.max(ack.position, next - 1));
  await ack.sync();
  ack.close();
  for (const first of await listSegments(directory)) await rm(join(directory, segmentName(first)), { force: true });
}

/** Deletes dead letters, also those that wait to be sent again. Needs the lock. */
export async function purgeDead(directory: string): Promise<void> {
  const dead = join(directory, "dead");
  await closeNewest(dead);
  for (const first of (await listSegments(dead)).slice(0, -1))
    await rm(join(dead, segmentName(first)), { force: true });
  const replay = join(directory, "replay");
  for (const first of await listSegments(replay)) await rm(join(replay, segmentName(first)), { force: true });
}

/** Deletes what was set aside as damaged. Needs the lock. */
export async function purgeQuarantine(directory: string): Promise<void> {
  for (const folder of logFolders) await rm(join(directory, folder, "quarantine"), { recursive: true, force: true });
}

/** Has an empty file follow the newest one, whose name keeps positions from being given again. */
async function closeNewest(directory: string): Promise<void> {
  const next = await nextPosition(directory);
  if (next !== undefined) await writeFile(join(directory, segmentName(next)), "", { flag: "a" });
}

async function nextPosition(directory: string): Promise<number | undefined> {
  const newest = (await listSegments(directory)).at(-1);
  if (newest === undefined) return undefined;
  let last = newest - 1;
  for await (const found of scanLog(directory, newest)) if (found.kind === "record") last = found.record.position;
  return last + 1;
}

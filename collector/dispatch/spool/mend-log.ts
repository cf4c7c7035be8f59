import { join } from "node:path";
import { readAck } from "./ack-file.ts";
import { LogReader } from "./log-reader.ts";
import { Quarantine } from "./quarantine.ts";
import { recoverLog } from "./recover-log.ts";
import { listSegments, SegmentList } from "./segment-list.ts";
import type { SpoolEvents } from "./spool.ts";

/** What is told while a log is mended. */
export type MendEvents = Pick<SpoolEvents, "quarantined" | "torn">;

/** The three logs in a handler's folder: what waits, dead letters, and dead letters to be sent again. */
export const logFolders = ["", "dead", "replay"] as const;

/** Reads everything that is pending in a handler's folder and sets damage aside, as a hub would on its way. Needs the lock. */
export async function mendHandler(directory: string, events: MendEvents, now: () => number): Promise<void> {
  for (const folder of logFolders) await mendLog(join(directory, folder), folder === "", events, now);
}

async function mendLog(directory: string, isWhole: boolean, events: MendEvents, now: () => number): Promise<void> {
  if ((await listSegments(directory)).length === 0) return;
  const known = readAck(join(directory, "ack"));
  const quarantine = new Quarantine(directory, now);
  const recovered = await recoverLog({ directory, used: known ?? 0, quarantine, events });
  const segments = new SegmentList(recovered.segments);
  const reader = new LogReader({
    directory,
    segments,
    quarantine,
    from: (known ?? (segments.oldest?.first ?? 1) - 1) + 1,
    isWhole,
    end: () => recovered.next,
    onGap() {},
    quarantined: (records, bytes, file) => events.quarantined(records, bytes, file),
    onUnreadable() {},
  });
  while ((await reader.read(1000, 1_048_576)).length > 0);
  await reader.close();
}

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { AckFile, readAck } from "./ack-file.ts";
import { type DeadLetter, fromEnvelope } from "./dead-letter.ts";
import { LogReader } from "./log-reader.ts";
import { Quarantine } from "./quarantine.ts";
import { recoverLog } from "./recover-log.ts";
import { listSegments, SegmentList, segmentName } from "./segment-list.ts";
import type { SpoolEvents } from "./spool.ts";

/** What replays are taken with. */
export interface TakeReplaysOptions {
  /** The handler's folder: the same as that of its log. They lie in `replay/` below it. */
  readonly directory: string;
  readonly events: Pick<SpoolEvents, "quarantined" | "torn">;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** A dead letter that is to be sent again. */
export interface Replay {
  readonly position: number;
  readonly letter: DeadLetter;
}

/** Dead letters that someone asked to send again, as they were there when this was opened. */
export interface Replays {
  /** The next ones; empty at the end. Streams: never more than `maxBytes`, but at least one. */
  read(maxItems: number, maxBytes: number): Promise<readonly Replay[]>;
  /** Everything up to and with this position is taken over, and survives there. Files that are done with are deleted at `close`. */
  acknowledge(position: number): void;
  close(): Promise<void>;
}

const folderOf = (directory: string): string => join(directory, "replay");
const ackOf = (directory: string): string => join(folderOf(directory), "ack");

/** Takes what waits for replay, from where an earlier one stopped; undefined if there is nothing. For one taker at a time. */
export async function takeReplays({ directory, events, now }: TakeReplaysOptions): Promise<Replays | undefined> {
  const folder = folderOf(directory);
  if ((await listSegments(folder)).length === 0) return undefined;
  const quarantine = new Quarantine(folder, now);
  const used = readReplayed(directory);
  const { segments: found, next } = await recoverLog({ directory: folder, used, quarantine, events });
  const ack = new AckFile(ackOf(directory));
  const segments = new SegmentList(found);
  const reader = new LogReader({
    directory: folder,
    segments,
    quarantine,
    from: ack.position + 1,
    isWhole: false,
    end: () => next,
    onGap() {},
    quarantined: (records, bytes, file) => events.quarantined(records, bytes, file),
    onUnreadable() {},
  });

  let lastGiven = 0;
  let isAtEnd = false;

  /** What is no envelope is passed over: it never was a letter. */
  async function read(maxItems: number, maxBytes: number): Promise<readonly Replay[]> {
    for (;;) {
      const records = await reader.read(maxItems, maxBytes);
      isAtEnd = records.length === 0;
      const replays = records.flatMap(({ position, payload }) => {
        const letter = fromEnvelope(payload);
        return letter === undefined ? [] : [{ position, letter }];
      });
      lastGiven = replays.at(-1)?.position ?? lastGiven;
      if (replays.length > 0 || isAtEnd) return replays;
    }
  }

  return {
    read,
    acknowledge: (position) => ack.write(Math.max(ack.position, position)),
    async close() {
      await reader.close();
      const isDone = isAtEnd && ack.position >= lastGiven;
      if (isDone && ack.position < next - 1) ack.write(next - 1);
      for (const segment of segments.all()) {
        const end = segments.after(segment)?.first ?? (isDone ? 0 : Number.POSITIVE_INFINITY);
        if (end <= ack.position + 1) await rm(join(folder, segmentName(segment.first)), { force: true });
      }
      ack.close();
    },
  };
}

/** The last position of dead letters that a replay has taken over; 0 if there was none. */
export function readReplayed(directory: string): number {
  return readAck(ackOf(directory)) ?? 0;
}

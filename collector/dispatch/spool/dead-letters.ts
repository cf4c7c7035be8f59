import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type DeadLetter, toEnvelope } from "./dead-letter.ts";
import { headerBytes, maxPayloadBytes } from "./frame.ts";
import { LogWriter } from "./log-writer.ts";
import { Quarantine } from "./quarantine.ts";
import { recoverLog } from "./recover-log.ts";
import { readReplayed } from "./replays.ts";
import { listSegments, SegmentList, segmentName } from "./segment-list.ts";
import type { SpoolEvents } from "./spool.ts";

/** What dead letters are kept with. */
export interface DeadLettersOptions {
  /** The handler's folder: the same as that of its log. They lie in `dead/` below it. */
  readonly directory: string;
  /** Most bytes on disk; beyond it the oldest are deleted. */
  readonly maxBytes: number;
  readonly events: DeadLetterEvents;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** What happens to dead letters, to be counted. */
export interface DeadLetterEvents extends Pick<SpoolEvents, "quarantined" | "torn"> {
  /** Letters are gone: the oldest to make room, or new ones because the disk does not take them. */
  dropped(letters: number, reason: "expired" | "disk"): void;
}

/** The folder for what a backend rejected for good. */
export interface DeadLetters {
  /** Keeps a letter. Never throws and never waits; what cannot be kept is counted. */
  add(letter: DeadLetter): void;
  /** Resolves once everything added is written, or counted as dropped. */
  flush(): Promise<void>;
  /** Letters in the folder, and their bytes. What was taken away for replay shows from the next call on. */
  state(): { readonly letters: number; readonly bytes: number };
  close(): Promise<void>;
}

const sealMs = 5000;
const mostSegmentBytes = 1_048_576;

/** Opens the folder. Letters can be replayed once their file is closed: after five seconds, or when it is full. */
export async function openDeadLetters({ directory, maxBytes, events, now }: DeadLettersOptions): Promise<DeadLetters> {
  const folder = join(directory, "dead");
  await mkdir(folder, { recursive: true, mode: 0o750 });
  const used = readReplayed(directory);
  const recovered = await recoverLog({ directory: folder, used, quarantine: new Quarantine(folder, now), events });
  const segments = new SegmentList(recovered.segments);
  let sealing: NodeJS.Timeout | undefined;
  let refreshing: Promise<void> | undefined;
  const writer = new LogWriter({
    directory: folder,
    segments,
    config: {
      fsync: "interval",
      fsyncInterval: 1000,
      segmentBytes: Math.min(mostSegmentBytes, Math.floor(maxBytes / 8)),
    },
    next: recovered.next,
    continues: false,
    now,
    events: {
      written() {
        sealing ??= setTimeout(seal, sealMs);
      },
      trouble() {},
      lost: (letters) => events.dropped(letters, "disk"),
    },
  });

  /** The newest file is the one being written, so that an empty one has to follow a file that is closed. */
  function seal(): void {
    sealing = undefined;
    if (writer.unwrittenBytes > 0) {
      sealing = setTimeout(seal, sealMs);
      return;
    }
    writer.seal();
    try {
      mkdirSync(folder, { recursive: true, mode: 0o750 });
      writeFileSync(join(folder, segmentName(writer.next)), "");
    } catch {
      // The disk is full or the folder gone: the letters can be replayed after the next one.
    }
  }

  function makeRoom(bytes: number): void {
    while (segments.bytes + writer.unwrittenBytes + bytes > maxBytes) {
      const { oldest } = segments;
      if (oldest === undefined || (oldest === segments.newest && writer.unwrittenBytes > 0)) return;
      const letters = (segments.after(oldest)?.first ?? writer.end) - oldest.first;
      if (oldest === segments.newest) writer.seal();
      segments.remove(oldest);
      if (remove(join(folder, segmentName(oldest.first)))) events.dropped(letters, "expired");
    }
  }

  /** Files that were taken away, as `mixdown spool replay` does. */
  async function forgetMoved(): Promise<void> {
    const left = new Set(await listSegments(folder).catch(() => undefined));
    const isWritten = writer.unwrittenBytes > 0;
    for (const segment of segments.all()) {
      if (!left.has(segment.first) && !(isWritten && segment === segments.newest)) segments.remove(segment);
    }
  }

  if (recovered.segments.at(-1)?.bytes !== 0) seal();

  return {
    add(letter) {
      const envelope = toEnvelope(letter);
      const bytes = envelope.length + headerBytes;
      makeRoom(bytes);
      const fits = envelope.length <= maxPayloadBytes && writer.unwrittenBytes + bytes <= maxBytes;
      if (!fits || !writer.append(envelope)) events.dropped(1, "disk");
    },
    flush: () => writer.commit().catch(() => {}),
    state() {
      refreshing ??= forgetMoved().finally(() => {
        refreshing = undefined;
      });
      const { oldest } = segments;
      return { letters: oldest === undefined ? 0 : writer.next - oldest.first, bytes: segments.bytes };
    },
    async close() {
      clearTimeout(sealing);
      await writer.close();
      seal();
      clearTimeout(sealing);
      await refreshing;
    },
  };
}

/** False if it was gone, as after a replay. */
function remove(path: string): boolean {
  try {
    rmSync(path);
    return true;
  } catch {
    return false;
  }
}

import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { readAck } from "./ack-file.ts";
import { scanLog } from "./scan-log.ts";
import { listSegments, measureSegments } from "./segment-list.ts";

/** What lies in a handler's folder. */
export interface HandlerSpool {
  /** Records that are not done with; those that are damaged count, too. */
  readonly pending: number;
  readonly bytes: number;
  /** When the oldest of them was appended, in milliseconds since the epoch. */
  readonly oldestMs: number | undefined;
  readonly deadLetters: LogSize;
  /** Dead letters that wait to be sent again. */
  readonly replays: LogSize;
  /** What is damaged and was set aside. */
  readonly quarantined: { readonly notes: number; readonly records: number; readonly bytes: number };
}

/** How much is in a log. */
export interface LogSize {
  readonly records: number;
  readonly bytes: number;
}

/** Looks at a handler's folder without changing it, whether or not a hub runs. Reads only the newest and the oldest file of each log. */
export async function inspectHandler(directory: string): Promise<HandlerSpool> {
  const acked = readAck(join(directory, "ack"));
  const log = await sizeOf(directory, acked);
  const pendingFrom = (acked ?? 0) + 1;
  const oldestMs = log.records === 0 ? undefined : await oldestFrom(directory, pendingFrom);
  const folders = [directory, join(directory, "dead"), join(directory, "replay")];
  const notes = (await Promise.all(folders.map((folder) => notesIn(join(folder, "quarantine"))))).flat();
  return {
    pending: log.records,
    bytes: log.bytes,
    oldestMs,
    deadLetters: await sizeOf(join(directory, "dead"), undefined),
    replays: await sizeOf(join(directory, "replay"), readAck(join(directory, "replay", "ack"))),
    quarantined: {
      notes: notes.length,
      records: notes.reduce((sum, { records }) => sum + records, 0),
      bytes: notes.reduce((sum, { bytes }) => sum + bytes, 0),
    },
  };
}

/** Records behind a position, as the names of files and the last record tell, and the bytes of all files. */
async function sizeOf(directory: string, acked: number | undefined): Promise<LogSize> {
  const segments = await measureSegments(directory, await listSegments(directory));
  const newest = segments.at(-1);
  if (newest === undefined) return { records: 0, bytes: 0 };
  const done = Math.max(acked ?? 0, segments[0]!.first - 1);
  const last = await lastPosition(directory, newest.first);
  return { records: Math.max(0, last - done), bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0) };
}

async function lastPosition(directory: string, first: number): Promise<number> {
  let last = first - 1;
  for await (const found of scanLog(directory, first)) if (found.kind === "record") last = found.record.position;
  return last;
}

async function oldestFrom(directory: string, position: number): Promise<number | undefined> {
  for await (const found of scanLog(directory, position)) {
    if (found.kind === "record" && found.record.position >= position) return found.record.timeMs;
  }
  return undefined;
}

async function notesIn(folder: string): Promise<LogSize[]> {
  const names = await readdir(folder).catch(() => []);
  const notes = names.filter((name) => name.endsWith(".json"));
  return Promise.all(
    notes.map(async (name) => {
      const path = join(folder, name);
      const bytes = await stat(path.slice(0, -".json".length))
        .then(({ size }) => size)
        .catch(() => 0);
      const note: unknown = JSON.parse(await readFile(path, "utf8").catch(() => "{}"));
      const records = typeof note === "object" && note !== null && "records" in note ? Number(note.records) : 0;
      return { records, bytes };
    }),
  );
}

import { access, mkdir, open, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { segmentName } from "./segment-list.ts";

/** What is known of something set aside; written beside it as JSON. */
export interface QuarantineNote {
  /** The segment it was in. */
  readonly file: string;
  /** Where in the segment it began and ended, in bytes. */
  readonly from: number;
  readonly to: number;
  /** Records that are missing there, as far as positions tell. */
  readonly records: number;
  /** The first of their positions. */
  readonly firstPosition: number;
  readonly reason: string;
}

const rangeName = (first: number, from: number, to: number) => `${segmentName(first)}-${from}-${to}`;
const missingName = (firstPosition: number, records: number) => `missing-${firstPosition}-${records}`;
const copyBytes = 262_144;

/** The folder for what is damaged. Its notes tell what was found before, so that a restart does not count it again. */
export class Quarantine {
  readonly #log: string;
  readonly #now: () => number;
  readonly #directory: string;

  /** `directory` is the log's; the quarantine lies below it. */
  constructor(directory: string, now: () => number) {
    this.#log = directory;
    this.#directory = join(directory, "quarantine");
    this.#now = now;
  }

  /** Copies a stretch of a segment; false if that was done before. */
  async takeRange(first: number, note: QuarantineNote): Promise<boolean> {
    return this.#once(rangeName(first, note.from, note.to), note, (path) =>
      copyRange(join(this.#log, segmentName(first)), path, note),
    );
  }

  /** Moves a whole segment. */
  async takeSegment(first: number, note: QuarantineNote): Promise<boolean> {
    const name = await this.#freeName(segmentName(first));
    return this.#once(name, note, (path) => rename(join(this.#log, segmentName(first)), path));
  }

  /** Copies the end of a segment that is then cut off. */
  async takeTail(first: number, note: QuarantineNote): Promise<void> {
    const name = await this.#freeName(`${segmentName(first)}-${note.from}-end`);
    await this.#once(name, note, (path) => copyRange(join(this.#log, segmentName(first)), path, note));
  }

  /** Notes records of which nothing is left; false if that was done before. */
  async noteMissing(note: QuarantineNote): Promise<boolean> {
    return this.#once(missingName(note.firstPosition, note.records), note, async () => {});
  }

  /** Whether a stretch of a segment was set aside before. */
  holdsRange(first: number, from: number, to: number): Promise<boolean> {
    return this.#holds(rangeName(first, from, to));
  }

  /** Whether missing records were noted before. */
  holdsMissing(firstPosition: number, records: number): Promise<boolean> {
    return this.#holds(missingName(firstPosition, records));
  }

  #holds(name: string): Promise<boolean> {
    return exists(`${join(this.#directory, name)}.json`);
  }

  /** The note comes last: without it, all is done anew. */
  async #once(name: string, note: QuarantineNote, take: (path: string) => Promise<void>): Promise<boolean> {
    const path = join(this.#directory, name);
    if (await this.#holds(name)) return false;
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o750 });
      await take(path);
      const text = JSON.stringify({ ...note, when: new Date(this.#now()).toISOString() }, undefined, 2);
      await writeFile(`${path}.json.new`, `${text}\n`);
      await rename(`${path}.json.new`, `${path}.json`);
    } catch {
      // A disk that is full or fails keeps nothing aside; the damage is counted and passed over all the same.
    }
    return true;
  }

  async #freeName(name: string): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      const free = attempt === 1 ? name : `${name}.${attempt}`;
      if (!(await this.#holds(free))) return free;
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Copies what can be read. */
async function copyRange(source: string, target: string, { from, to }: QuarantineNote): Promise<void> {
  const input = await open(source, "r");
  const output = await open(target, "w").catch(async (error: unknown) => {
    await input.close();
    throw error;
  });
  try {
    const chunk = Buffer.allocUnsafe(copyBytes);
    for (let at = from; at < to; ) {
      const { bytesRead } = await input.read(chunk, 0, Math.min(copyBytes, to - at), at);
      if (bytesRead === 0) return;
      await output.write(chunk, 0, bytesRead);
      at += bytesRead;
    }
  } finally {
    await Promise.all([input.close(), output.close()]);
  }
}

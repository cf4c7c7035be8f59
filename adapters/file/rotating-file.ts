import type { AdapterLog } from "../adapter.ts";
import type { RotateConfig } from "./config.ts";
import { LogFile, type LogFileOptions } from "./log-file.ts";
import { moveAway, tidy } from "./rotated-files.ts";

/** Pause after a rotation that failed; lines go to the old file meanwhile. */
const retryRotationMs = 60_000;

/** A log file that gives way to a new one when it is due, and that is looked for anew when someone else moved it. */
export interface RotatingFile {
  /** Appends lines whole, or throws and leaves the file as it was. */
  append(lines: Buffer): Promise<void>;
  /** Waits until rotated files are packed. */
  close(): Promise<void>;
}

/** Opens a log file; without `rotate` it is never renamed. */
export async function openRotatingFile(
  options: LogFileOptions,
  rotate: RotateConfig | undefined,
  log: AdapterLog,
): Promise<RotatingFile> {
  const { path, mode, now } = options;
  let file = await LogFile.open(options);
  let noRotationBeforeMs = Number.NEGATIVE_INFINITY;
  let tidying = Promise.resolve();
  tidyUp();

  return {
    async append(lines) {
      if (!(await file.isInPlace())) await reopen();
      if (await isDue(lines.length)) await startAnew();
      await file.append(lines);
    },
    async close() {
      await file.close();
      await tidying;
    },
  };

  async function reopen(): Promise<void> {
    const next = await LogFile.open(options);
    await file.close();
    file = next;
  }

  async function isDue(bytes: number): Promise<boolean> {
    if (rotate === undefined || now() < noRotationBeforeMs) return false;
    const size = await file.size();
    if (size === 0) return false;
    return size + bytes > rotate.maxBytes || now() - file.begunMs >= (rotate.maxAge ?? Number.POSITIVE_INFINITY);
  }

  async function startAnew(): Promise<void> {
    try {
      await moveAway(path, now());
      await reopen();
      tidyUp();
    } catch (error) {
      noRotationBeforeMs = now() + retryRotationMs;
      log.warn({ path, error: String(error) }, "the log file could not be rotated; lines go on in it");
    }
  }

  function tidyUp(): void {
    if (rotate === undefined) return;
    tidying = tidying
      .then(() => tidy(path, rotate, mode))
      .catch((error) => log.warn({ path, error: String(error) }, "rotated log files could not be packed or deleted"));
  }
}

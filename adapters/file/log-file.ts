import { constants, type FileHandle, mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";

const appendOnly = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;
const lineEnd = 10;

/** How a log file is opened and written. */
export interface LogFileOptions {
  readonly path: string;
  /** Permissions of a file that is made. */
  readonly mode: number;
  readonly fsync: boolean;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** An open file that whole lines are appended to. */
export class LogFile {
  /** When it was begun, as far as the file system knows. */
  readonly begunMs: number;
  private readonly handle: FileHandle;
  private readonly options: LogFileOptions;
  private readonly identity: string;
  /** Whether it ends with half a line, which must not run into the next. */
  private torn: boolean;

  private constructor(handle: FileHandle, options: LogFileOptions, found: Found) {
    this.handle = handle;
    this.options = options;
    this.identity = found.identity;
    this.begunMs = found.begunMs;
    this.torn = found.torn;
  }

  /** Opens a file, and makes it and its folders if they are missing. */
  static async open(options: LogFileOptions): Promise<LogFile> {
    const { path, mode, now } = options;
    await mkdir(dirname(path), { recursive: true, mode: 0o750 });
    const handle = await open(path, appendOnly, mode);
    try {
      return new LogFile(handle, options, await look(handle, path, now()));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Whether the path still leads here: it does not when the file was renamed or deleted. */
  async isInPlace(): Promise<boolean> {
    const found = await stat(this.options.path).catch(() => undefined);
    return found !== undefined && identityOf(found) === this.identity;
  }

  /** Bytes in it now; someone else may have cut it. */
  async size(): Promise<number> {
    return (await this.handle.stat()).size;
  }

  /** Appends lines. If that fails, what was written of them is taken back, or the next lines begin on a line of their own. */
  async append(lines: Buffer): Promise<void> {
    const bytes = this.torn ? Buffer.concat([Buffer.of(lineEnd), lines]) : lines;
    const before = await this.size();
    let written = 0;
    try {
      while (written < bytes.length) written += (await this.handle.write(bytes, written)).bytesWritten;
      this.torn = false;
    } catch (error) {
      if (written > 0 && !(await this.takeBack(before, written))) this.torn = true;
      throw error;
    }
    if (this.options.fsync) await this.handle.datasync();
  }

  /** Closes it. */
  close(): Promise<void> {
    return this.handle.close();
  }

  /** Cuts off what was written, unless someone else has written, too; false if it is still there. */
  private async takeBack(before: number, written: number): Promise<boolean> {
    try {
      if ((await this.size()) !== before + written) return false;
      await this.handle.truncate(before);
      return true;
    } catch {
      return false;
    }
  }
}

/** What is known of a file when it is opened. */
interface Found {
  readonly identity: string;
  readonly begunMs: number;
  readonly torn: boolean;
}

async function look(handle: FileHandle, path: string, nowMs: number): Promise<Found> {
  const stats = await handle.stat();
  const isLog = stats.isFile() && stats.size > 0;
  const begunMs = isLog ? stats.birthtimeMs || stats.mtimeMs : nowMs;
  return { identity: identityOf(stats), begunMs, torn: isLog && !(await endsLine(path, stats.size)) };
}

/** A file that cannot be read is taken for one that does not: an empty line does no harm. */
async function endsLine(path: string, size: number): Promise<boolean> {
  const reader = await open(path, "r").catch(() => undefined);
  try {
    const last = Buffer.alloc(1);
    await reader?.read(last, 0, 1, size - 1);
    return last[0] === lineEnd;
  } finally {
    await reader?.close();
  }
}

function identityOf({ dev, ino }: { readonly dev: number; readonly ino: number }): string {
  return `${dev}:${ino}`;
}

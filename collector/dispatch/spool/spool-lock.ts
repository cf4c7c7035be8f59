import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type BetterSqlite3 from "better-sqlite3";

/** Held until it is released or the process ends, however it ends. */
export interface SpoolLock {
  release(): void;
}

/** How to wait for the lock. */
export interface SpoolLockOptions {
  /** Gives up when aborted: the promise rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Called once if another process has it. */
  onWait?(): void;
}

const retryMs = 100;

/** Takes the logs below a folder for this process: waits while another one has them, as a hub does that is still draining. */
export async function acquireSpoolLock(root: string, { signal, onWait }: SpoolLockOptions = {}): Promise<SpoolLock> {
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    const lock = await trySpoolLock(root);
    if (lock !== undefined) return lock;
    if (attempt === 0) onWait?.();
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
}

/**
 * Takes the lock if nobody has it. Node has no locks of files; SQLite takes one that the system lets go of when the process
 * dies. It is loaded here because it crashes without a message on a Node that is too old, which is checked before.
 */
export async function trySpoolLock(root: string): Promise<SpoolLock | undefined> {
  const { default: sqlite } = await import("better-sqlite3");
  mkdirSync(root, { recursive: true, mode: 0o750 });
  const database = new sqlite(join(root, "spool.lock"), { timeout: 0 });
  try {
    database.exec("BEGIN EXCLUSIVE");
    return { release: () => void database.close() };
  } catch (error) {
    database.close();
    if ((error as InstanceType<typeof BetterSqlite3.SqliteError>).code === "SQLITE_BUSY") return undefined;
    throw error;
  }
}

import { existsSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import type BetterSqlite3 from "better-sqlite3";
import { HubError } from "../../errors.ts";
import { applicationId, type Migration, migrations as ourMigrations } from "./schema.ts";

/** The constructor of better-sqlite3, which only the store's thread imports. */
export type Sqlite = typeof BetterSqlite3;
/** An open database. */
export type Database = BetterSqlite3.Database;

/** Log lines of the store. */
export interface StoreLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Where the store is and what it needs. */
export interface DatabaseOptions {
  readonly file: string;
  readonly log: StoreLog;
  /** Milliseconds since the epoch. */
  now(): number;
  readonly migrations?: readonly Migration[];
}

const pageSize = 8192;

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

/** Whether SQLite says that the file itself is damaged. */
export const isDamage = (error: unknown): boolean => /^SQLITE_(CORRUPT|NOTADB)/.test(codeOf(error));

/**
 * Opens the database for writing, bringing an older schema up to date. A damaged file is set aside and a fresh one started.
 * Throws HubError STORE_UNUSABLE for a file of a newer version or of another program, without changing it.
 */
export function openDatabase(sqlite: Sqlite, options: DatabaseOptions): Database {
  const { file, log } = options;
  try {
    return openWhole(sqlite, options);
  } catch (error) {
    if (error instanceof HubError) throw error;
    if (!isDamage(error)) {
      throw new HubError("STORE_UNUSABLE", `cannot open ${file}: ${messageOf(error)}; check its folder and the disk`, {
        cause: error,
      });
    }
    const aside = setAside(options);
    log.error(
      { file, aside, reason: messageOf(error) },
      "the statistics file is damaged: it was set aside and a fresh one started",
    );
    return openWhole(sqlite, options);
  }
}

/** Renames a damaged file and what belongs to it; returns the new name. */
export function setAside({ file, now }: DatabaseOptions): string {
  const stamp = new Date(now()).toISOString().replaceAll(/[:.]/g, "-");
  let aside = `${file}.damaged-${stamp}`;
  for (let attempt = 2; existsSync(aside); attempt++) aside = `${file}.damaged-${stamp}-${attempt}`;
  for (const suffix of ["", "-wal", "-shm"]) {
    if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix);
  }
  return aside;
}

/** The message of whatever was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Takes the folder for this process, until the returned database is closed or the process ends.
 * Throws HubError STORE_BUSY if another hub has it.
 */
export function lockFolder(sqlite: Sqlite, file: string, waitMs: number): Database {
  const path = join(dirname(file), "stats.lock");
  const lock = new sqlite(path, { timeout: waitMs });
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    throw new HubError("STORE_BUSY", `${path} is held by another hub: stop it, or give each its own --data-dir`, {
      cause: error,
    });
  }
}

function openWhole(sqlite: Sqlite, options: DatabaseOptions): Database {
  const steps = options.migrations ?? ourMigrations;
  if (existsSync(options.file)) refuseForeign(sqlite, options.file, steps.length);
  const database = new sqlite(options.file);
  try {
    database.pragma(`page_size = ${pageSize}`);
    database.pragma("journal_mode = WAL");
    database.pragma("synchronous = NORMAL");
    database.pragma("journal_size_limit = 67108864");
    migrate(database, steps, Math.floor(options.now() / 1000));
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function refuseForeign(sqlite: Sqlite, file: string, newest: number): void {
  const database = new sqlite(file, { readonly: true, fileMustExist: true });
  try {
    const version = Number(database.pragma("user_version", { simple: true }));
    const application = Number(database.pragma("application_id", { simple: true }));
    const tables = database.prepare("SELECT count(*) FROM sqlite_schema").pluck().get();
    if (tables !== 0 && application !== applicationId) {
      throw new HubError("STORE_UNUSABLE", `${file} is a database of another program: choose another --data-dir`);
    }
    if (version > newest) {
      const found = `has schema version ${version}, newer than ${newest}`;
      throw new HubError("STORE_UNUSABLE", `${file} ${found}: run the newer hub, or choose another --data-dir`);
    }
  } finally {
    database.close();
  }
}

function migrate(database: Database, steps: readonly Migration[], now: number): void {
  const run = database.transaction((from: number) => {
    for (const step of steps.slice(from)) step(database, now);
    database.pragma(`application_id = ${applicationId}`);
    database.pragma(`user_version = ${steps.length}`);
  });
  const version = Number(database.pragma("user_version", { simple: true }));
  if (version < steps.length) run.immediate(version);
}

import type { Database } from "better-sqlite3";
import { textDimensions } from "../dimensions.ts";
import { levels, startOf } from "./levels.ts";

/** Marks a file as ours: "MIXD". */
export const applicationId = 0x4d495844;

/** One step from a version of the schema to the next. `now` is in seconds since the epoch. */
export type Migration = (database: Database, now: number) => void;

/** Text columns of the table of series, in the order of `textDimensions`. */
export const textColumns = textDimensions.map(({ column }) => column);

/** How many of the text columns the first version had. */
const firstTexts = 20;

const createTables: Migration = (database, now) => {
  const texts = textColumns
    .slice(0, firstTexts)
    .map((column) => `${column} TEXT`)
    .join(", ");
  database.exec(`
    CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE series (id INTEGER PRIMARY KEY, ${texts}, code INTEGER NOT NULL, mtls INTEGER NOT NULL,
      reporter INTEGER NOT NULL, by_service INTEGER NOT NULL);
    CREATE TABLE seen (series INTEGER PRIMARY KEY, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL);
  `);
  const start = database.prepare("INSERT INTO meta (key, value) VALUES (?, ?)");
  for (const { table, width } of levels) {
    database.exec(`CREATE TABLE ${table} (start INTEGER PRIMARY KEY, data BLOB NOT NULL)`);
    start.run(`${table}.rolled_until`, startOf(now, width));
    start.run(`${table}.kept_since`, 0);
  }
};

/** What was stored before was decided on by nobody that is known. */
const addDecisions: Migration = (database) => {
  database.exec(`
    ALTER TABLE series ADD COLUMN rule TEXT;
    ALTER TABLE series ADD COLUMN verdict INTEGER NOT NULL DEFAULT 0;
  `);
};

/** Migrations by the version they start from; the newest version is their number. */
export const migrations: readonly Migration[] = [createTables, addDecisions];

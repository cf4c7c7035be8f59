import type BetterSqlite3 from "better-sqlite3";
import { readMeta } from "./chunk-store.ts";
import type { Database, Sqlite } from "./database.ts";
import { type LevelState, levels } from "./levels.ts";

/** One view of the database that stays as it is while others write. */
export interface Snapshot {
  readonly state: LevelState;
  read(level: number, start: number): Uint8Array | undefined;
  end(): void;
}

interface Reader {
  readonly database: Database;
  readonly statements: readonly BetterSqlite3.Statement<[number], Uint8Array>[];
}

/** Connections that only read, one for each query under way; write-ahead logging keeps their views apart from the writer. */
export class Readers {
  readonly #sqlite: Sqlite;
  readonly #file: string;
  readonly #idle: Reader[] = [];
  readonly #all = new Set<Reader>();

  constructor(sqlite: Sqlite, file: string) {
    this.#sqlite = sqlite;
    this.#file = file;
  }

  /** Takes a view of the database as it is now; end it soon, because the log grows while it is open. */
  snapshot(): Snapshot {
    const reader = this.#idle.pop() ?? this.#open();
    reader.database.exec("BEGIN");
    const state = readMeta(reader.database);
    return {
      state,
      read: (level, start) => reader.statements[level]!.get(start),
      end: () => {
        if (!reader.database.open) return;
        reader.database.exec("COMMIT");
        this.#idle.push(reader);
      },
    };
  }

  /** Closes all connections; views still open fail. */
  close(): void {
    for (const { database } of this.#all) database.close();
    this.#all.clear();
    this.#idle.length = 0;
  }

  #open(): Reader {
    const database = new this.#sqlite(this.#file, { readonly: true, fileMustExist: true });
    const statements = levels.map(({ table }) =>
      database.prepare<[number], Uint8Array>(`SELECT data FROM ${table} WHERE start = ?`).pluck(),
    );
    const reader = { database, statements };
    this.#all.add(reader);
    return reader;
  }
}

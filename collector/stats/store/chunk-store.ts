import { ChunkReader } from "../chunk.ts";
import { ChunkMerger } from "../chunk-merger.ts";
import type { Retention } from "../retention.ts";
import { type Database, messageOf, type StoreLog } from "./database.ts";
import type { Dictionary } from "./dictionary.ts";
import { type Level, type LevelState, level, levels, startOf } from "./levels.ts";

/** The sums of one bucket, as a chunk. */
export interface Delta {
  /** Seconds since the epoch. */
  readonly start: number;
  readonly chunk: Uint8Array;
}

/** What the store has lost or found damaged. */
export interface ChunkCounters {
  /** Chunks whose bytes were damaged, and which were left out. */
  damaged: number;
  /** Chunks dropped before their age because the store was full. */
  evicted: number;
}

/** What a store of chunks works with. */
export interface ChunkStoreOptions {
  readonly database: Database;
  readonly dictionary: Dictionary;
  readonly retention: Retention;
  readonly maxBytes: number;
  readonly log: StoreLog;
  readonly counters: ChunkCounters;
}

/** The chunks of all levels in the database: writes what comes, rolls it up, drops what is old. */
export class ChunkStore {
  readonly #options: ChunkStoreOptions;
  readonly #rolledUntil: number[];
  readonly #keptSince: number[];

  constructor(options: ChunkStoreOptions) {
    this.#options = options;
    const meta = readMeta(options.database);
    this.#rolledUntil = [...meta.rolledUntil];
    this.#keptSince = [...meta.keptSince];
  }

  /** Writes deltas and new series in one transaction: all of them, or it throws and nothing is written. */
  write(deltas: readonly Delta[]): void {
    const { database, dictionary } = this.#options;
    const run = database.transaction(() => {
      for (const delta of deltas) this.#writeDelta(delta);
      dictionary.save(database);
    });
    run.immediate();
    dictionary.saved();
  }

  /** Rolls up the next bucket that is ready, in a transaction of its own; false if none is. */
  rollUp(now: number): boolean {
    for (const [place, { from }] of levels.entries()) {
      if (from !== undefined && this.#rollUpLevel(place, from, now)) return true;
    }
    return false;
  }

  /** Drops what is beyond its age, and the relatively oldest while the database is too big. */
  retain(now: number): void {
    for (const [place, { kept }] of levels.entries()) {
      const horizon = now - this.#options.retention.seconds[kept];
      this.#dropBefore(place, Math.min(horizon, this.#usedUntil(place)));
    }
    while (this.bytes() > this.#options.maxBytes && this.#evict(now));
  }

  /** The start of the oldest chunk of any level, in seconds; undefined if there is none. */
  oldest(): number | undefined {
    const starts = levels.map((_, place) => this.#oldestOf(place)).filter((start) => start !== undefined);
    return starts.length === 0 ? undefined : Math.min(...starts);
  }

  /** Bytes in use in the database. */
  bytes(): number {
    const { database } = this.#options;
    const pragma = (name: string) => Number(database.pragma(name, { simple: true }));
    return (pragma("page_count") - pragma("freelist_count")) * pragma("page_size");
  }

  #writeDelta(delta: Delta): void {
    for (const [place, { from, kept, width }] of levels.entries()) {
      const start = startOf(delta.start, width);
      const isRolled = from === undefined || start < this.#rolledUntil[place]!;
      const isKept = start >= this.#keptSince[place]! || kept === "hour";
      if (isRolled && isKept) this.#merge(place, start, delta);
    }
  }

  #merge(place: number, start: number, delta: Delta): void {
    const { byService } = levels[place]!;
    const known = this.#get(place, start);
    if (known === undefined && !byService && delta.start === start) {
      this.#put(place, start, delta.chunk);
      return;
    }
    const parts = known === undefined ? [delta] : [{ start, chunk: known }, delta];
    this.#put(place, start, this.#sum(start, byService, parts));
  }

  #rollUpLevel(place: number, from: number, now: number): boolean {
    const { width, delay, byService } = levels[place]!;
    const source = levels[from]!;
    const until = startOf(Math.min(now - delay, this.#wholeUntil(from, now)), width);
    const first = this.#firstFrom(from, this.#rolledUntil[place]!, until);
    const start = first === undefined ? undefined : startOf(first, width);
    if (start === undefined) {
      if (until > this.#rolledUntil[place]!) this.#setRolled(place, until);
      return false;
    }
    const run = this.#options.database.transaction(() => {
      const parts = this.#between(source, start, start + width);
      this.#put(place, start, this.#sum(start, byService, parts));
      this.#options.dictionary.save(this.#options.database);
      this.#setRolled(place, start + width);
    });
    const before = this.#rolledUntil[place]!;
    try {
      run.immediate();
    } catch (error) {
      this.#rolledUntil[place] = before;
      throw error;
    }
    this.#options.dictionary.saved();
    return true;
  }

  /** Up to where the buckets of a level are whole, and can be rolled up. */
  #wholeUntil(place: number, now: number): number {
    return levels[place]!.from === undefined ? now : this.#rolledUntil[place]!;
  }

  /** Up to where the buckets of a level are rolled up into every level made of them, and may go. */
  #usedUntil(place: number): number {
    return Math.min(...levels.map(({ from }, index) => (from === place ? this.#rolledUntil[index]! : Infinity)));
  }

  #sum(start: number, byService: boolean, parts: readonly Delta[]): Uint8Array {
    const { dictionary } = this.#options;
    const project = byService ? (series: number) => dictionary.serviceOf(series) : undefined;
    const merger = new ChunkMerger((series) => dictionary.edgeOf(series), project);
    for (const part of parts) this.#addPart(merger, part);
    const chunk = merger.finish(start);
    if (byService) touchAll(dictionary, start, chunk);
    return chunk;
  }

  #addPart(merger: ChunkMerger, part: Delta): void {
    try {
      new ChunkReader(part.start, part.chunk);
    } catch (error) {
      this.#options.counters.damaged++;
      this.#options.log.error(
        { start: part.start, reason: messageOf(error) },
        "a damaged chunk of statistics is left out",
      );
      return;
    }
    merger.add(part.start, part.chunk);
  }

  #dropBefore(place: number, before: number): void {
    const { table, width } = levels[place]!;
    const since = startOf(before, width);
    if (since <= this.#keptSince[place]!) return;
    const { database } = this.#options;
    const run = database.transaction(() => {
      const { changes } = database.prepare(`DELETE FROM ${table} WHERE start < ?`).run(since);
      if (changes > 0 || this.#keptSince[place]! > 0) this.#setKept(place, since);
    });
    run.immediate();
  }

  #evict(now: number): boolean {
    const { retention, counters, log } = this.#options;
    const candidates = levels.flatMap(({ kept, width, table }, place) => {
      const start = this.#oldestOf(place);
      const isFree = start !== undefined && start + width <= this.#usedUntil(place);
      return isFree
        ? [{ place, table, start, until: start + width, age: (now - start) / retention.seconds[kept] }]
        : [];
    });
    const [oldest] = candidates.sort((a, b) => b.age - a.age);
    if (oldest === undefined) return false;
    counters.evicted++;
    log.warn(
      { table: oldest.table, start: oldest.start },
      "the statistics store is full: its oldest bucket is dropped",
    );
    this.#dropBefore(oldest.place, oldest.until);
    return true;
  }

  #get(place: number, start: number): Uint8Array | undefined {
    return this.#statement<Uint8Array>(`SELECT data FROM ${levels[place]!.table} WHERE start = ?`).get(start);
  }

  #put(place: number, start: number, chunk: Uint8Array): void {
    this.#options.database
      .prepare(`REPLACE INTO ${levels[place]!.table} (start, data) VALUES (?, ?)`)
      .run(start, chunk);
  }

  #between({ table }: Level, from: number, to: number): Delta[] {
    const rows = this.#options.database.prepare<[number, number], { start: number; data: Uint8Array }>(
      `SELECT start, data FROM ${table} WHERE start >= ? AND start < ? ORDER BY start`,
    );
    return rows.all(from, to).map(({ start, data }) => ({ start, chunk: data }));
  }

  #firstFrom(place: number, from: number, to: number): number | undefined {
    const { table } = levels[place]!;
    return this.#statement<number>(
      `SELECT start FROM ${table} WHERE start >= ? AND start < ? ORDER BY start LIMIT 1`,
    ).get(from, to);
  }

  #oldestOf(place: number): number | undefined {
    return this.#statement<number | null>(`SELECT min(start) FROM ${levels[place]!.table}`).get() ?? undefined;
  }

  #statement<Result>(sql: string) {
    return this.#options.database.prepare<number[], Result>(sql).pluck();
  }

  #setRolled(place: number, until: number): void {
    this.#rolledUntil[place] = until;
    this.#setMeta(`${levels[place]!.table}.rolled_until`, until);
  }

  #setKept(place: number, since: number): void {
    this.#keptSince[place] = since;
    this.#setMeta(`${levels[place]!.table}.kept_since`, since);
  }

  #setMeta(key: string, value: number): void {
    this.#options.database.prepare("REPLACE INTO meta (key, value) VALUES (?, ?)").run(key, value);
  }
}

/** Reads how far the levels go. */
export function readMeta(database: Database): LevelState {
  const statement = database.prepare<[string], number>("SELECT value FROM meta WHERE key = ?").pluck();
  const read = (what: string) => levels.map(({ table }) => statement.get(`${table}.${what}`) ?? 0);
  const rolledUntil = read("rolled_until");
  rolledUntil[level.base] = Number.POSITIVE_INFINITY;
  return { rolledUntil, keptSince: read("kept_since") };
}

function touchAll(dictionary: Dictionary, start: number, chunk: Uint8Array): void {
  const reader = new ChunkReader(start, chunk);
  while (reader.next()) {
    reader.read();
    dictionary.touch(reader.series, reader.first, reader.last);
  }
}

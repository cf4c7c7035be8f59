import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { StatsSources } from "../../config/stats-schema.ts";
import type { Definitions } from "../aggregator.ts";
import { ChunkReader } from "../chunk.ts";
import { encodeBucket } from "../encode-bucket.ts";
import type { TakenBucket } from "../open-bucket.ts";
import { finish, type PartialResult, readPartial } from "../query/engine.ts";
import { defaultHealth, type HealthSettings } from "../query/health.ts";
import type { Answers, StatsQuery } from "../query/query.ts";
import type { QueryLimits, QueryView } from "../query/scan.ts";
import type { Compile } from "../query/where.ts";
import type { Retention } from "../retention.ts";
import { ChunkStore, type Delta } from "./chunk-store.ts";
import {
  type Database,
  isDamage,
  lockFolder,
  messageOf,
  openDatabase,
  type Sqlite,
  type StoreLog,
  setAside,
} from "./database.ts";
import { Dictionary } from "./dictionary.ts";
import { Readers, type Snapshot } from "./reader.ts";
import { SeriesMap } from "./series-map.ts";
import { Unsaved } from "./unsaved.ts";

/** What a store works with. */
export interface StoreOptions {
  readonly file: string;
  readonly retention: Retention;
  /** Size of the database from which the oldest buckets go before their age. */
  readonly maxBytes: number;
  /** Sums kept in memory while nothing can be written. */
  readonly maxUnsavedBytes: number;
  /** Series in the database. */
  readonly maxSeries: number;
  /** How long to wait for another hub to give the folder up. */
  readonly lockWaitMs: number;
  readonly limits: QueryLimits;
  readonly health?: HealthSettings;
  readonly sources: StatsSources;
  readonly compile: Compile;
  readonly log: StoreLog;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds of a clock that only goes forward. */
  clock(): number;
}

/** Buckets on their way to the store, with the series that are new in them. */
export interface Batch {
  readonly definitions: Definitions;
  readonly buckets: readonly TakenBucket[];
}

/** What the store tells of itself. */
export interface StoreCounters {
  /** Chunks written, of whole buckets and of what came late. */
  written: number;
  /** Transactions that failed; what they held stays in memory. */
  failedWrites: number;
  /** Buckets given up because memory for unwritten ones was full, and the requests in them. */
  lostBuckets: number;
  lostRequests: number;
  /** Damaged chunks left out. */
  damaged: number;
  /** Buckets dropped before their age because the store was full. */
  evicted: number;
  /** Damaged files set aside. */
  setAside: number;
  /** Series that went to an overflow row because the store knows too many. */
  overflowedSeries: number;
  /** Now: buckets in memory only, bytes in the database, series known. */
  unsavedBuckets: number;
  bytes: number;
  series: number;
}

/**
 * The statistics on disk: one SQLite file in WAL mode, so that what was written survives the process. Lives in a thread of
 * its own; every call is synchronous and short, except for queries, which come in slices.
 */
export class Store {
  readonly #sqlite: Sqlite;
  readonly #options: StoreOptions;
  readonly #lock: Database;
  readonly #dictionary: Dictionary;
  readonly #map: SeriesMap;
  readonly #unsaved: Unsaved;
  readonly #counters = {
    written: 0,
    failedWrites: 0,
    lostBuckets: 0,
    lostRequests: 0,
    damaged: 0,
    evicted: 0,
    setAside: 0,
  };
  #database: Database;
  #chunks: ChunkStore;
  #readers: Readers;
  #queries = 0;
  #isFailing = false;
  #bytes = 0;

  /** Opens the store. Throws HubError STORE_UNUSABLE if it cannot be opened or belongs to something else. */
  constructor(sqlite: Sqlite, options: StoreOptions) {
    this.#sqlite = sqlite;
    this.#options = options;
    mkdirSync(dirname(options.file), { recursive: true });
    this.#lock = lockFolder(sqlite, options.file, options.lockWaitMs);
    this.#dictionary = new Dictionary(options.maxSeries);
    this.#map = new SeriesMap(this.#dictionary);
    this.#unsaved = new Unsaved(options.maxUnsavedBytes, (series) => this.#dictionary.edgeOf(series));
    try {
      this.#database = this.#open();
      this.#chunks = this.#chunksOf(this.#database);
    } catch (error) {
      this.#lock.close();
      throw error;
    }
    this.#readers = new Readers(sqlite, options.file);
  }

  /** Writes buckets, and whatever could not be written before. What fails stays in memory. */
  write(batch: Batch): void {
    this.define(batch.definitions);
    const deltas = this.#encode(batch.buckets);
    this.#touch(deltas);
    for (const delta of deltas) this.#keep(delta);
    this.save();
  }

  /** Tries to write what is in memory only. */
  save(): void {
    const deltas = this.#unsaved.deltas();
    if (deltas.length === 0) return;
    if (!this.#try("write", () => this.#chunks.write(deltas))) return;
    this.#counters.written += deltas.length;
    this.#unsaved.clear();
    if (this.#isFailing) this.#options.log.info({}, "statistics are written again");
    this.#isFailing = false;
  }

  /** Rolls up one bucket, if one is ready; false if none is. */
  maintain(): boolean {
    const now = Math.floor(this.#options.now() / 1000);
    let more = false;
    this.#try("roll up", () => {
      more = this.#chunks.rollUp(now);
    });
    return more;
  }

  /** Drops what is beyond its age or the size of the store; series only while no query is under way that may name them. */
  retain(): void {
    const now = Math.floor(this.#options.now() / 1000);
    this.#try("drop what is old", () => {
      this.#chunks.retain(now);
      if (this.#queries === 0) this.#forget();
    });
    this.#bytes = this.#chunks.bytes();
  }

  /** Takes in new series. Definitions build on one another, so each must come here, in order, whatever becomes of its batch. */
  define(definitions: Definitions): void {
    this.#map.define(definitions);
  }

  /**
   * Answers a query over what is written, what is not, and open buckets, whose series must be defined. The view is that of
   * this moment, which the asker calls `nowMs`; run the generator to its end, because the view stays open until then.
   * It throws QueryFailure.
   */
  query(asked: StatsQuery, open: readonly TakenBucket[], nowMs: number): Generator<void, Answers[keyof Answers]> {
    return this.#finish(asked, this.part(asked, open, nowMs));
  }

  /** This store's part of an answer that several stores make together; otherwise as `query`. */
  part(asked: StatsQuery, open: readonly TakenBucket[], nowMs: number): Generator<void, PartialResult> {
    const deltas = this.#encode(open);
    this.#touch(deltas);
    const snapshot = this.#readers.snapshot();
    this.#queries++;
    return this.#run(asked, snapshot, this.#viewOf(snapshot, [...this.#unsaved.deltas(), ...deltas], nowMs));
  }

  /** Totals since the start, and the state now. */
  counters(): StoreCounters {
    const { size } = this.#unsaved;
    return {
      ...this.#counters,
      overflowedSeries: this.#dictionary.overflowed,
      unsavedBuckets: size.buckets,
      bytes: this.#bytes,
      series: this.#dictionary.size,
    };
  }

  /** Writes what it can and closes the file. */
  close(): void {
    this.save();
    this.#readers.close();
    this.#database.close();
    this.#lock.close();
  }

  *#finish(asked: StatsQuery, part: Generator<void, PartialResult>): Generator<void, Answers[keyof Answers]> {
    return finish([yield* part], asked, this.#options.health ?? defaultHealth);
  }

  *#run(asked: StatsQuery, snapshot: Snapshot, view: QueryView): Generator<void, PartialResult> {
    try {
      return yield* readPartial(view, asked);
    } catch (error) {
      if (isDamage(error)) this.#replace(error);
      throw error;
    } finally {
      this.#queries--;
      snapshot.end();
    }
  }

  #open(): Database {
    const database = openDatabase(this.#sqlite, this.#options);
    try {
      this.#dictionary.load(database);
      return database;
    } catch (error) {
      database.close();
      if (!isDamage(error)) throw error;
      this.#report(error, setAside(this.#options));
      return openDatabase(this.#sqlite, this.#options);
    }
  }

  #chunksOf(database: Database): ChunkStore {
    const { retention, maxBytes, log } = this.#options;
    const chunks = new ChunkStore({
      database,
      dictionary: this.#dictionary,
      retention,
      maxBytes,
      log,
      counters: this.#counters,
    });
    this.#bytes = chunks.bytes();
    return chunks;
  }

  #encode(buckets: readonly TakenBucket[]): Delta[] {
    const seriesOf = (series: number) => this.#map.idOf(series);
    const edgeOf = (series: number) => this.#dictionary.edgeOf(series);
    return buckets.map((bucket) => ({ start: bucket.start, chunk: encodeBucket(bucket, seriesOf, edgeOf) }));
  }

  #touch(deltas: readonly Delta[]): void {
    for (const { start, chunk } of deltas) {
      const reader = new ChunkReader(start, chunk);
      while (reader.next()) {
        reader.read();
        this.#dictionary.touch(reader.series, reader.first, reader.last);
      }
    }
  }

  #keep(delta: Delta): void {
    const loss = this.#unsaved.add(delta);
    this.#counters.lostBuckets += loss.buckets;
    this.#counters.lostRequests += loss.requests;
    if (loss.buckets > 0)
      this.#options.log.error(loss, "statistics are lost: they cannot be written, and memory for them is full");
  }

  #forget(): void {
    const oldest = this.#chunks.oldest();
    if (oldest === undefined || this.#unsaved.size.buckets > 0) return;
    const run = this.#database.transaction(() =>
      this.#dictionary.forget(this.#database, oldest * 1000, (id) => this.#map.isUsed(id)),
    );
    run.immediate();
  }

  #viewOf(snapshot: Snapshot, unwritten: readonly Delta[], nowMs: number): QueryView {
    const { limits, sources, compile, log } = this.#options;
    const dictionary = this.#dictionary;
    return {
      limit: dictionary.limit,
      get: (id) => dictionary.get(id),
      each: (visit) => dictionary.each(visit),
      state: snapshot.state,
      read: snapshot.read,
      unwritten,
      nowMs,
      retention: this.#options.retention,
      compile,
      limits,
      sources,
      clock: this.#options.clock,
      deadline: this.#options.clock() + limits.timeoutMs,
      onDamage: (start, reason) => {
        this.#counters.damaged++;
        log.error({ start, reason }, "a damaged chunk of statistics is left out");
      },
    };
  }

  /** Runs a piece of writing. A damaged file is replaced; anything else is told once, and counted. */
  #try(what: string, run: () => void): boolean {
    try {
      run();
    } catch (error) {
      if (isDamage(error)) this.#replace(error);
      this.#counters.failedWrites++;
      if (!this.#isFailing) {
        this.#options.log.error(
          { reason: messageOf(error) },
          `statistics go on in memory: the store could not ${what}`,
        );
      }
      this.#isFailing = true;
      return false;
    }
    return true;
  }

  #replace(error: unknown): void {
    this.#readers.close();
    this.#database.close();
    this.#report(error, setAside(this.#options));
    this.#database = openDatabase(this.#sqlite, this.#options);
    this.#dictionary.unsave();
    this.#chunks = this.#chunksOf(this.#database);
    this.#readers = new Readers(this.#sqlite, this.#options.file);
  }

  #report(error: unknown, aside: string): void {
    this.#counters.setAside++;
    const fields = { file: this.#options.file, aside, reason: messageOf(error) };
    this.#options.log.error(fields, "the statistics file is damaged: it was set aside and a fresh one started");
  }
}

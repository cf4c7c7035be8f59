import type { StatsSources } from "../../config/stats-schema.ts";
import { ChunkReader, DamagedChunk } from "../chunk.ts";
import type { SeriesKey } from "../dimensions.ts";
import type { Retention } from "../retention.ts";
import type { Delta } from "../store/chunk-store.ts";
import { type LevelState, levels } from "../store/levels.ts";
import { QueryFailure } from "./query.ts";
import { planChunks, type Range } from "./range.ts";
import type { Compile } from "./where.ts";

/** A series as queries see it. */
export interface KnownSeries extends SeriesKey {
  readonly id: number;
  readonly byService: boolean;
  readonly firstSeen: number;
  readonly lastSeen: number;
}

/** What a query reads: one consistent view of the store, and what is not in it yet. */
export interface QueryView {
  /** One more than the highest id of a series. */
  readonly limit: number;
  get(id: number): KnownSeries | undefined;
  /** Calls back for each series that is no roll-up. */
  each(visit: (series: KnownSeries) => void): void;
  readonly state: LevelState;
  /** A chunk, if there is one. */
  read(level: number, start: number): Uint8Array | undefined;
  /** Sums that are not in the database: open buckets, and what could not be written. */
  readonly unwritten: readonly Delta[];
  readonly nowMs: number;
  readonly retention: Retention;
  readonly compile: Compile;
  readonly limits: QueryLimits;
  /** What counts where both access logs and spans tell of a service. */
  readonly sources: StatsSources;
  /** Milliseconds of a clock that only goes forward. */
  clock(): number;
  readonly deadline: number;
  /** Tells of a chunk that could not be read. */
  onDamage(start: number, reason: string): void;
}

/** How much a query may take. */
export interface QueryLimits {
  readonly timeoutMs: number;
  /** Rows of chunks read. */
  readonly maxRows: number;
  /** Groups times steps of a time series. */
  readonly maxCells: number;
}

/** Limits by default. */
export const defaultLimits: QueryLimits = { timeoutMs: 5000, maxRows: 50_000_000, maxCells: 2_000_000 };

/** One chunk to read, at its place in time. */
export interface Source {
  readonly start: number;
  readonly reader: ChunkReader;
}

/** Says what a scan reads. */
export interface ScanOptions {
  readonly range: Range;
  readonly step?: number;
  readonly useServices?: boolean;
}

/**
 * Visits the chunks of a range in order of time, yielding after each so that other work gets its turn.
 * Throws QueryFailure when it takes too long or too much.
 */
export function* scan(view: QueryView, options: ScanOptions, visit: (source: Source) => void): Generator<void, void> {
  let rows = 0;
  for (const { start, chunk } of chunksOf(view, options)) {
    if (view.clock() > view.deadline) {
      const message = `the query took longer than ${view.limits.timeoutMs} ms: ask for less`;
      throw new QueryFailure("timeout", { parameter: "from", message });
    }
    const reader = open(view, start, chunk);
    if (reader === undefined) continue;
    rows += reader.rows;
    if (rows > view.limits.maxRows) {
      throw new QueryFailure("tooLarge", {
        parameter: "from",
        message: `more than ${view.limits.maxRows} rows to read`,
      });
    }
    visit({ start, reader });
    yield;
  }
}

function open(view: QueryView, start: number, chunk: Uint8Array): ChunkReader | undefined {
  try {
    return new ChunkReader(start, chunk);
  } catch (error) {
    if (!(error instanceof DamagedChunk)) throw error;
    view.onDamage(start, error.message);
    return undefined;
  }
}

/** Chunks of the database with those that are not written yet between them. */
function* chunksOf(view: QueryView, { range, step, useServices }: ScanOptions): Generator<Delta> {
  const unwritten = view.unwritten
    .filter(({ start }) => start >= range.from && start < range.until)
    .sort((a, b) => a.start - b.start);
  let next = 0;
  for (const place of planChunks(range, step, view.state, useServices ?? false)) {
    const until = place.start + levels[place.level]!.width;
    const chunk = view.read(place.level, place.start);
    if (chunk !== undefined) yield { start: place.start, chunk };
    while (next < unwritten.length && unwritten[next]!.start < until) yield unwritten[next++]!;
  }
}

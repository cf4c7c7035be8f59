import { type RetentionSeconds, widths } from "../retention.ts";

/** One table of chunks: sums of buckets of one width. */
export interface Level {
  readonly table: string;
  /** Seconds. */
  readonly width: number;
  /** Place in `levels` of the level that it is made of; the base is written directly. */
  readonly from: number | undefined;
  /** Rows are summed up by service; see Dictionary.serviceOf. */
  readonly byService: boolean;
  /** Seconds to wait after the end of a bucket before it is rolled up, so that most of what is late is in. */
  readonly delay: number;
  /** Which retention applies. */
  readonly kept: keyof RetentionSeconds;
}

/** Places in `levels`. */
export const level = { base: 0, minute: 1, fiveMinutes: 2, hour: 3, serviceFiveMinutes: 4, serviceHour: 5 } as const;

/** All levels, each after the one it is made of. */
export const levels: readonly Level[] = [
  { table: "chunks_10s", width: widths.base, from: undefined, byService: false, delay: 0, kept: "base" },
  { table: "chunks_1m", width: widths.minute, from: level.base, byService: false, delay: 15, kept: "minute" },
  { table: "chunks_5m", width: 300, from: level.minute, byService: false, delay: 20, kept: "minute" },
  { table: "chunks_1h", width: widths.hour, from: level.fiveMinutes, byService: false, delay: 30, kept: "hour" },
  { table: "services_5m", width: 300, from: level.fiveMinutes, byService: true, delay: 20, kept: "minute" },
  {
    table: "services_1h",
    width: widths.hour,
    from: level.serviceFiveMinutes,
    byService: true,
    delay: 30,
    kept: "hour",
  },
];

/** How far the levels go: what a query must know to choose between them. */
export interface LevelState {
  /** By level: buckets that start before this are rolled up, in seconds. */
  readonly rolledUntil: readonly number[];
  /** By level: buckets that start at or after this are all there, in seconds. */
  readonly keptSince: readonly number[];
}

/** The start of the bucket that holds a time. */
export const startOf = (seconds: number, width: number): number => Math.floor(seconds / width) * width;

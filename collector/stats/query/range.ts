import { type Retention, widths } from "../retention.ts";
import { type LevelState, level, levels, startOf } from "../store/levels.ts";
import type { Interval } from "./query.ts";

/** What a query covers, aligned to what is stored; seconds since the epoch. */
export interface Range {
  readonly from: number;
  readonly to: number;
  /** End of the last bucket: `to`, or the end of the bucket that is open now. */
  readonly until: number;
  /** Width of the finest buckets at `from`. */
  readonly resolution: number;
  /** Up to where buckets were closed. */
  readonly completeUntil: number;
}

/** One chunk to read. */
export interface ChunkPlace {
  readonly level: number;
  readonly start: number;
}

const general = [level.hour, level.fiveMinutes, level.minute, level.base];
const byService = [level.serviceHour, level.serviceFiveMinutes, ...general];

/** What there is to ask about. */
export interface Bounds {
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  readonly retention: Retention;
  readonly state: LevelState;
}

/**
 * The width of the finest buckets that are kept of a time, in seconds: by age, so that all stores agree; coarser only where
 * a store that was full dropped buckets before their age.
 */
export function resolutionAt(seconds: number, { nowMs, retention, state }: Bounds): number {
  const byAge = retention.widthAt(Math.max(0, nowMs / 1000 - seconds)) ?? widths.hour;
  const isKept = (place: number) => startOf(seconds, levels[place]!.width) >= state.keptSince[place]!;
  const kept = [level.base, level.minute].find(isKept) ?? level.hour;
  return Math.max(byAge, levels[kept]!.width);
}

/** Widens a range to whole buckets, and cuts off the future and what is no longer kept. Milliseconds in, seconds out. */
export function alignRange(fromMs: number, toMs: number, bounds: Bounds, step = 1): Range {
  const now = bounds.nowMs / 1000;
  const first = Math.max(fromMs / 1000, now - bounds.retention.seconds.hour);
  const last = toMs / 1000;
  const resolution = resolutionAt(first, bounds);
  const from = startOf(first, Math.max(resolution, step));
  const width = Math.max(resolutionAt(last, bounds), step);
  const end = Math.ceil(last / width) * width;
  const to = Math.max(from, Math.min(now, end));
  const until = last >= now ? startOf(now, widths.base) + widths.base : Math.ceil(to / widths.base) * widths.base;
  return { from, to, until, resolution, completeUntil: Math.min(to, startOf(now - 1, widths.base)) };
}

/** How many steps a range has, the last perhaps cut off. */
export const countSteps = ({ from, until }: Range, step: number): number => Math.ceil((until - from) / step);

/**
 * The fewest chunks that cover [from, to) exactly, in order of time. Every chunk lies within one step, counted from `from`;
 * without steps the whole is one. `useServices` allows the roll-ups by service.
 */
export function planChunks(
  range: Range,
  step: number | undefined,
  state: LevelState,
  useServices: boolean,
): ChunkPlace[] {
  const places: ChunkPlace[] = [];
  const candidates = useServices ? byService : general;
  const end = range.until;
  let start = range.from;
  while (start < end) {
    const until = step === undefined ? end : Math.min(end, start - ((start - range.from) % step) + step);
    const found = candidates.find((place) => fits(place, start, until, state)) ?? level.base;
    places.push({ level: found, start });
    start += levels[found]!.width;
  }
  return places;
}

function fits(place: number, start: number, until: number, { rolledUntil, keptSince }: LevelState): boolean {
  const { width } = levels[place]!;
  const isWhole = start % width === 0 && start + width <= until;
  return isWhole && start + width <= rolledUntil[place]! && start >= keptSince[place]!;
}

const automaticSteps = [10, 60, 300, 900, 3600, 21_600];
const automaticPoints = 300;

/** The automatic step: the smallest of 10 s, 1, 5, 15 min, 1, 6 h that gives at most 300 points. */
export function automaticStep(fromMs: number, toMs: number, bounds: Bounds): number {
  const fits = (step: number) => countSteps(alignRange(fromMs, toMs, bounds, step), step) <= automaticPoints;
  return automaticSteps.find(fits) ?? automaticSteps.at(-1)!;
}

/** Seconds as short text: 10s, 5m, 6h. */
export function toStepText(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600}h`;
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}

/** Seconds since the epoch as RFC 3339, with milliseconds only where there are some. */
export const toRfc3339 = (seconds: number): string =>
  new Date(Math.round(seconds * 1000)).toISOString().replace(".000Z", "Z");

/** What an answer says about its range. */
export function toInterval({ from, to, completeUntil }: Range, resolution: number): Interval {
  const seconds = Math.round((to - from) * 1000) / 1000;
  return {
    from: toRfc3339(from),
    to: toRfc3339(to),
    seconds,
    resolution: toStepText(resolution),
    completeUntil: toRfc3339(completeUntil),
  };
}

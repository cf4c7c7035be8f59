import { Sketch } from "../sketch.ts";
import { mergePacked } from "./cell.ts";
import { mergeCoverage } from "./coverage.ts";
import { mergeRanges } from "./graph-partial.ts";
import { compareText, toDuration } from "./measures.ts";
import {
  type MeasureName,
  QueryFailure,
  type RangeQuery,
  type SeriesAnswer,
  type StatName,
  type TimeseriesAnswer,
  type TimeseriesQuery,
} from "./query.ts";
import { alignRange, automaticStep, countSteps, resolutionAt, toInterval } from "./range.ts";
import { isCounted } from "./reporter.ts";
import type { QueryView } from "./scan.ts";
import type { Label, SumName, TimeCell } from "./time-cell.ts";
import { scanTime, type TimeSums } from "./time-scan.ts";
import { checkStored } from "./where.ts";

/** Points of a line at most. */
export const maxPoints = 11_000;

/** One store's part of a time series. */
export interface TimePartial {
  readonly current: TimeSums;
  readonly previous: TimeSums | undefined;
}

/** Reads one store's part. */
export function* readTimeseries(view: QueryView, query: TimeseriesQuery): Generator<void, TimePartial> {
  for (const name of query.by) checkStored(name, "by");
  const { from, to, compare } = query;
  const step = chooseStep(view, query);
  const range = alignRange(from, to, view, step);
  const points = countSteps(range, step);
  if (points > maxPoints) {
    throw new QueryFailure("invalid", { parameter: "step", message: `gives ${points} points, more than ${maxPoints}` });
  }
  const current = yield* scanTime(view, query, range, step);
  if (compare === undefined) return { current, previous: undefined };
  const earlier = Math.floor(compare / 1000 / step) * step;
  const shifted = {
    ...range,
    from: range.from + earlier,
    to: range.to + earlier,
    until: range.until + earlier,
  };
  return { current, previous: yield* scanTime(view, query, shifted, step) };
}

/** A multiple of what is stored of this time and of the one compared with. */
function chooseStep(view: QueryView, { from, to, step, compare }: TimeseriesQuery): number {
  const starts = compare === undefined ? [from] : [from, from + compare];
  const stored = Math.max(...starts.map((start) => resolutionAt(start / 1000, view)));
  return Math.ceil((step ?? automaticStep(from, to, view)) / stored) * stored;
}

/** Adds up the parts of several stores, which must have the same steps. */
export function mergeTimeseries(partials: readonly TimePartial[]): TimePartial {
  const previous = partials.flatMap((partial) => partial.previous ?? []);
  return {
    current: mergeTimeSums(partials.map(({ current }) => current)),
    previous: previous.length === 0 ? undefined : mergeTimeSums(previous),
  };
}

/** Adds up sums of several stores. Cells of the same name stay apart: the answer adds them up anyway. */
export function mergeTimeSums(sums: readonly TimeSums[]): TimeSums {
  return {
    range: mergeRanges(sums.map(({ range }) => range)),
    step: Math.max(...sums.map(({ step }) => step)),
    cells: sums.flatMap(({ cells }) => cells),
    coverage: mergeCoverage(sums.map(({ coverage }) => coverage)),
  };
}

/** Cells with the same labels. */
export interface Group {
  readonly labels: readonly Label[];
  readonly isOther: boolean;
  readonly cells: TimeCell[];
}

/** Makes the answer of one store's part, or of several added up. */
export function finishTimeseries({ current, previous }: TimePartial, query: TimeseriesQuery): TimeseriesAnswer {
  const { range, step } = current;
  const groups = toGroups(current, query);
  const shown = limitGroups(groups, query);
  const times = Array.from({ length: countSteps(range, step) }, (_, index) => range.from + index * step);
  const answer = { interval: toInterval(range, step), times, series: toSeries(shown, current, query) };
  if (previous === undefined) return answer;
  return { ...answer, previous: toSeries(sameGroups(shown, toGroups(previous, query)), previous, query) };
}

/** The cells that count, by their labels. */
export function toGroups({ cells, coverage }: TimeSums, { reporter }: RangeQuery): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const cell of cells) {
    if (!isCounted(cell.key, reporter, coverage)) continue;
    const name = JSON.stringify(cell.key.labels);
    const group = groups.get(name) ?? { labels: cell.key.labels, isOther: false, cells: [] };
    group.cells.push(cell);
    groups.set(name, group);
  }
  return groups;
}

const additive: readonly string[] = ["requests", "errors", "bytesIn", "bytesOut"];

/** The biggest groups by the first measure that can be summed, else by requests; the rest as one. */
function limitGroups(groups: ReadonlyMap<string, Group>, { measures, limit, by }: TimeseriesQuery): Group[] {
  const ranking = (measures.find((measure) => additive.includes(measure)) ?? "requests") as SumName;
  const total = ({ cells }: Group) => cells.reduce((sum, cell) => sum + sumOf(cell.sums.get(ranking)), 0);
  const ranked = [...groups].map(([name, group]) => ({ name, group, total: total(group) }));
  ranked.sort((a, b) => b.total - a.total || compareText(a.name, b.name));
  const shown = ranked.slice(0, limit).map(({ group }) => group);
  if (by.length === 0 && shown.length === 0) return [{ labels: [], isOther: false, cells: [] }];
  const rest = ranked.slice(limit).flatMap(({ group }) => group.cells);
  return rest.length === 0 ? shown : [...shown, { labels: by.map(() => null), isOther: true, cells: rest }];
}

/** The sum of a cell's steps. */
export const sumOf = (values: Float64Array | undefined): number => values?.reduce((sum, value) => sum + value, 0) ?? 0;

/** The groups of another time that have the same labels; all others are the rest. */
function sameGroups(shown: readonly Group[], earlier: ReadonlyMap<string, Group>): Group[] {
  const names = new Set(shown.filter(({ isOther }) => !isOther).map(({ labels }) => JSON.stringify(labels)));
  const rest = [...earlier].flatMap(([name, { cells }]) => (names.has(name) ? [] : cells));
  return shown.map(({ labels, isOther }) => ({
    labels,
    isOther,
    cells: isOther ? rest : (earlier.get(JSON.stringify(labels))?.cells ?? []),
  }));
}

type Line = Pick<SeriesAnswer, "measure" | "stat" | "values">;

function toSeries(groups: readonly Group[], sums: TimeSums, query: TimeseriesQuery): SeriesAnswer[] {
  return groups.flatMap(({ labels, isOther, cells }) => {
    const named = Object.fromEntries(query.by.map((name, index) => [name, labels[index] ?? null]));
    const lines = query.measures.flatMap((measure) => toLines(measure, cells, sums, query.stats));
    return lines.map(({ measure, stat, values }) => ({
      measure,
      ...(stat === undefined ? {} : { stat }),
      labels: named,
      ...(isOther ? { other: true as const } : {}),
      values,
    }));
  });
}

function toLines(measure: MeasureName, cells: readonly TimeCell[], sums: TimeSums, stats: readonly StatName[]): Line[] {
  const { range, step } = sums;
  const add = (name: SumName) => addUp(cells, name, countSteps(range, step));
  switch (measure) {
    case "duration":
      return durationLines(cells, countSteps(range, step), stats);
    case "connections":
      return (["opened", "closed"] as const).map((stat) => ({ measure, stat, values: add(stat) }));
    case "rate":
      return [{ measure, values: add("requests").map((value, index) => value / Math.max(1, covered(sums, index))) }];
    case "errorRatio": {
      const errors = add("errors");
      const values = add("requests").map((requests, index) => (requests > 0 ? errors[index]! / requests : null));
      return [{ measure, values }];
    }
    default:
      return [{ measure, values: add(measure) }];
  }
}

/** Seconds of a step that lie within the range: the last is cut off now. */
const covered = ({ range, step }: TimeSums, index: number): number =>
  Math.min(step, range.to - (range.from + index * step));

function addUp(cells: readonly TimeCell[], name: SumName, steps: number): number[] {
  const total = new Array<number>(steps).fill(0);
  for (const { sums } of cells)
    sums.get(name)?.forEach((value, index) => {
      total[index]! += value;
    });
  return total;
}

function durationLines(cells: readonly TimeCell[], steps: number, stats: readonly StatName[]): Line[] {
  const values = stats.map(() => new Array<number | null>(steps).fill(null));
  for (let step = 0; step < steps; step++) {
    const packed = cells.flatMap(({ sketches }) => sketches[step] ?? []);
    if (packed.length === 0) continue;
    const sketch = new Sketch();
    for (const bytes of packed) mergePacked(bytes, sketch);
    for (const [index, stat] of stats.entries()) values[index]![step] = toDuration(sketch, stat);
  }
  return stats.map((stat, index) => ({ measure: "duration", stat, values: values[index]! }));
}

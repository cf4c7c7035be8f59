import { mergeCells } from "./cell.ts";
import { mergeCoverage } from "./coverage.ts";
import { type GraphGrouping, type GraphSums, scanGraph } from "./graph-scan.ts";
import type { RangeQuery } from "./query.ts";
import { alignRange, type Range } from "./range.ts";
import type { QueryView } from "./scan.ts";
import { compileWhere } from "./where.ts";

/** Health looks at the last five minutes, or at the whole range if that is longer. */
const healthSeconds = 300;

/** One store's part of an answer about services or edges. */
export interface GraphPartial {
  readonly range: Range;
  readonly sums: GraphSums;
  /** What health is judged by, where the range is too short for it. */
  readonly recent: GraphSums | undefined;
}

/** Reads one store's part. */
export function* readGraph(view: QueryView, query: RangeQuery, grouping: GraphGrouping): Generator<void, GraphPartial> {
  const { matches } = compileWhere(query.where, view.compile);
  const range = alignRange(query.from, query.to, view);
  const sums = yield* scanGraph(view, range, grouping, matches);
  if (range.to - range.from >= healthSeconds) return { range, sums, recent: undefined };
  const wide = alignRange((range.to - healthSeconds) * 1000, query.to, view);
  const recent = yield* scanGraph(view, wide, { ...grouping, withExamples: false }, matches);
  return { range, sums, recent };
}

/** Adds up the parts of several stores: the same as one store that holds everything would say. */
export function mergeGraphs(partials: readonly GraphPartial[]): GraphPartial {
  const [only, ...others] = partials;
  if (only !== undefined && others.length === 0) return only;
  const recent = partials.flatMap((partial) => partial.recent ?? []);
  return {
    range: mergeRanges(partials.map(({ range }) => range)),
    sums: mergeSums(partials.map(({ sums }) => sums)),
    recent: recent.length === 0 ? undefined : mergeSums(recent),
  };
}

/** The range that all cover; complete as far as the slowest is. */
export function mergeRanges(ranges: readonly Range[]): Range {
  return {
    from: Math.min(...ranges.map(({ from }) => from)),
    to: Math.max(...ranges.map(({ to }) => to)),
    until: Math.max(...ranges.map(({ until }) => until)),
    resolution: Math.max(...ranges.map(({ resolution }) => resolution)),
    completeUntil: Math.min(...ranges.map(({ completeUntil }) => completeUntil)),
  };
}

const mergeSums = (sums: readonly GraphSums[]): GraphSums => ({
  cells: mergeCells(sums.flatMap(({ cells }) => cells)),
  coverage: mergeCoverage(sums.map(({ coverage }) => coverage)),
});

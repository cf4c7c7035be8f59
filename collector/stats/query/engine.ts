import { finishEdges } from "./edges.ts";
import { type GraphPartial, mergeGraphs, readGraph } from "./graph-partial.ts";
import type { HealthSettings } from "./health.ts";
import type { Answers, EdgesQuery, RangeQuery, ServicesQuery, StatsQuery } from "./query.ts";
import type { QueryView } from "./scan.ts";
import { finishServices, serviceGrouping } from "./services.ts";
import type { TimeSums } from "./time-scan.ts";
import { finishTimeseries, mergeTimeSums, mergeTimeseries, readTimeseries, type TimePartial } from "./timeseries.ts";
import { finishValues, readValues } from "./values.ts";

interface Compared {
  readonly current: GraphPartial;
  readonly previous: GraphPartial | undefined;
}

/** One store's part of an answer: parts of several stores add up to what one store that holds everything would say. */
export type PartialResult =
  | { readonly kind: "services"; readonly part: Compared }
  | { readonly kind: "edges"; readonly part: Compared }
  | { readonly kind: "timeseries"; readonly part: TimePartial }
  | { readonly kind: "values"; readonly part: TimeSums };

/** Reads one store's part from a view of it, yielding often so that other work gets its turn. Throws QueryFailure. */
export function* readPartial(view: QueryView, { kind, query }: StatsQuery): Generator<void, PartialResult> {
  switch (kind) {
    case "services":
      return { kind, part: yield* readCompared(query, (asked) => readGraph(view, asked, serviceGrouping)) };
    case "edges": {
      const grouping = { level: query.level, withSource: true, withExamples: true };
      return { kind, part: yield* readCompared(query, (asked) => readGraph(view, asked, grouping)) };
    }
    case "timeseries":
      return { kind, part: yield* readTimeseries(view, query) };
    case "values":
      return { kind, part: yield* readValues(view, query) };
  }
}

/** Makes the answer from the parts of one store or of several, which must all be for this query. Throws QueryFailure. */
export function finish(
  parts: readonly PartialResult[],
  { kind, query }: StatsQuery,
  health: HealthSettings,
): Answers[keyof Answers] {
  switch (kind) {
    case "services": {
      const { current, previous } = mergeCompared(parts.flatMap((part) => (part.kind === kind ? part.part : [])));
      const answer = finishServices(current, query, health);
      return previous === undefined ? answer : { ...answer, previous: finishServices(previous, query, health) };
    }
    case "edges": {
      const { current, previous } = mergeCompared(parts.flatMap((part) => (part.kind === kind ? part.part : [])));
      const answer = finishEdges(current, query, health);
      return previous === undefined ? answer : { ...answer, previous: finishEdges(previous, query, health) };
    }
    case "timeseries":
      return finishTimeseries(mergeTimeseries(parts.flatMap((part) => (part.kind === kind ? part.part : []))), query);
    case "values":
      return finishValues(mergeTimeSums(parts.flatMap((part) => (part.kind === kind ? part.part : []))), query);
  }
}

type Comparing = ServicesQuery | EdgesQuery;

function* readCompared<Q extends Comparing>(
  query: Q,
  read: (query: RangeQuery) => Generator<void, GraphPartial>,
): Generator<void, Compared> {
  const current = yield* read(query);
  const { compare, from, to } = query;
  if (compare === undefined) return { current, previous: undefined };
  return { current, previous: yield* read({ ...query, from: from + compare, to: to + compare }) };
}

function mergeCompared(parts: readonly Compared[]): Compared {
  const previous = parts.flatMap((part) => part.previous ?? []);
  return {
    current: mergeGraphs(parts.map(({ current }) => current)),
    previous: previous.length === 0 ? undefined : mergeGraphs(previous),
  };
}

import { finishEdges } from "./edges.ts";
import { type GraphPartial, readGraph } from "./graph-partial.ts";
import type { HealthSettings } from "./health.ts";
import type {
  Answers,
  EdgesAnswer,
  EdgesQuery,
  RangeQuery,
  ServicesAnswer,
  ServicesQuery,
  StatsQuery,
} from "./query.ts";
import type { QueryView } from "./scan.ts";
import { finishServices, serviceGrouping } from "./services.ts";
import { finishTimeseries, readTimeseries } from "./timeseries.ts";
import { finishValues, readValues } from "./values.ts";

/** Answers a query from one view of the store, yielding often so that other work gets its turn. Throws QueryFailure. */
export function* runQuery(
  view: QueryView,
  { kind, query }: StatsQuery,
  health: HealthSettings,
): Generator<void, Answers[keyof Answers]> {
  switch (kind) {
    case "services":
      return yield* services(view, query, health);
    case "edges":
      return yield* edges(view, query, health);
    case "timeseries":
      return finishTimeseries(yield* readTimeseries(view, query), query);
    case "values":
      return finishValues(yield* readValues(view, query), query);
  }
}

function* services(view: QueryView, query: ServicesQuery, health: HealthSettings): Generator<void, ServicesAnswer> {
  const answer = finishServices(yield* readGraph(view, query, serviceGrouping), query, health);
  const earlier = shift(query);
  if (earlier === undefined) return answer;
  return { ...answer, previous: finishServices(yield* readGraph(view, earlier, serviceGrouping), earlier, health) };
}

function* edges(view: QueryView, query: EdgesQuery, health: HealthSettings): Generator<void, EdgesAnswer> {
  const grouping = { level: query.level, withSource: true, withExamples: true };
  const read = (asked: EdgesQuery): Generator<void, GraphPartial> => readGraph(view, asked, grouping);
  const answer = finishEdges(yield* read(query), query, health);
  const earlier = shift(query);
  return earlier === undefined ? answer : { ...answer, previous: finishEdges(yield* read(earlier), earlier, health) };
}

/** The same query, earlier. */
function shift<Q extends RangeQuery & { readonly compare?: number }>(query: Q): Q | undefined {
  const { compare, from, to } = query;
  return compare === undefined ? undefined : { ...query, from: from + compare, to: to + compare };
}

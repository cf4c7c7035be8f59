import { storedAttributes } from "../../stats/dimensions.ts";
import {
  type Answer,
  measureNames,
  nodeLevels,
  reporterChoices,
  sortKeys,
  statNames,
  type TimeseriesAnswer,
} from "../../stats/query/query.ts";
import { maxWhereLength } from "../../stats/query/where.ts";
import type { Stats } from "../../stats/stats.ts";
import { ApiError, type ApiErrorCode } from "./api-error.ts";
import { defineRoute, invalid } from "./define-route.ts";
import { listOf, oneOf, text, truth, wholeNumber } from "./parameter.ts";
import type { ApiRoute } from "./route.ts";
import { edgesAnswer, servicesAnswer, timeseriesAnswer, valuesAnswer } from "./stats-answers.ts";
import { edgesTable, servicesTable, timeseriesTable, valuesTable } from "./stats-tables.ts";
import { type Moment, moment, resolveRange, span, spanBack } from "./time-parameter.ts";

/** What the statistics routes ask. */
export type StatsQueries = Pick<Stats, "services" | "edges" | "timeseries" | "values">;

const minute = 60_000;
const defaultRangeMs = 15 * minute;
/** Values of an answer that is no list of points. */
const maxRows = 5000;
/** Values of all lines of a time series, and of one shown as text. */
const maxValues = 500_000;
const maxTableValues = 50_000;
const maxBy = 8;

const rangeQuery = {
  from: moment.optional().describe("Start of the range; by default 15 minutes before its end."),
  to: moment.optional().describe("End of the range; by default now. What lies in the future is cut off."),
  reporter: oneOf(reporterChoices)
    .prefault("auto")
    .describe("Whose entries count: `auto` counts each request once, `inbound` and `outbound` what that side saw."),
  where: text(maxWhereLength).optional().describe("An expression over stored attributes that is true or false."),
  format: oneOf(["json", "table"]).prefault("json").describe("`table` gives text for a terminal."),
};
const compare = spanBack(10_000, 365 * 86_400_000)
  .optional()
  .describe("Answers the same for an earlier time under `previous`, such as `-1h`.");
const idle = truth.prefault("true").describe("Whether what is known but had no traffic is listed.");
const sort = oneOf(sortKeys).describe("What the list is sorted by, biggest first; names from a to z.");
const limit = (most: number) => wholeNumber(1, most);
const notStored = "is no attribute that statistics store";

/** The routes below /api/v1/stats. `now` in milliseconds since the epoch. */
export function statsRoutes(stats: StatsQueries, now: () => number): readonly ApiRoute[] {
  const range = (query: { from?: Moment | undefined; to?: Moment | undefined }) => {
    const resolved = resolveRange(query, Math.floor(now() / 1000) * 1000, defaultRangeMs);
    if ("problem" in resolved) throw invalid([{ parameter: "from", message: resolved.problem }]);
    return resolved;
  };
  return [
    defineRoute({
      path: "/stats/services",
      summary: "Services, and what was sent to each.",
      query: {
        ...rangeQuery,
        compare,
        idle,
        sort: sort.prefault("name"),
        limit: limit(maxRows).prefault("1000").describe("Most services."),
      },
      answer: servicesAnswer,
      table: servicesTable,
      read: async ({ format: _, from, to, ...query }) =>
        given(await stats.services({ ...query, ...range({ from, to }) })),
    }),
    defineRoute({
      path: "/stats/edges",
      summary: "The graph: who sends to whom.",
      query: {
        ...rangeQuery,
        compare,
        idle,
        level: oneOf(nodeLevels).prefault("service").describe("What a node is."),
        focus: text(2000).optional().describe("Id of a node: only what is within `depth` edges of it."),
        depth: wholeNumber(1, 20).prefault("1").describe("How far from the focus."),
        sort: sort.prefault("requests"),
        limit: limit(maxRows).prefault("500").describe("Most edges; the rest is summed up under `hidden`."),
      },
      answer: edgesAnswer,
      table: edgesTable,
      read: async ({ format: _, from, to, ...query }) => given(await stats.edges({ ...query, ...range({ from, to }) })),
    }),
    defineRoute({
      path: "/stats/timeseries",
      summary: "Values over time, by attributes.",
      query: {
        ...rangeQuery,
        compare,
        measure: listOf(measureNames).prefault("requests").describe("What is shown."),
        stat: listOf(statNames).prefault("p50,p95,p99").describe("Which statistics of `duration`."),
        by: listOf(storedAttributes, { maxItems: maxBy, wrong: notStored })
          .optional()
          .describe("Stored attributes: a line for each combination."),
        step: span(10, 365 * 86_400)
          .optional()
          .describe(
            "Distance of points; by default the smallest of 10 s, 1, 5, 15 min, 1, 6 h that gives 300 at most.",
          ),
        limit: limit(500).prefault("20").describe("Most groups; the rest is summed up as `other`."),
      },
      answer: timeseriesAnswer,
      table: timeseriesTable,
      read: async ({ format, from, to, measure, stat, by = [], ...query }) => {
        const asked = { ...query, ...range({ from, to }), measures: measure, stats: stat, by };
        const answer = given(await stats.timeseries(asked));
        checkSize(answer, format === "table" ? maxTableValues : maxValues);
        return answer;
      },
    }),
    defineRoute({
      path: "/stats/values",
      summary: "Values that an attribute had, most requests first.",
      query: {
        ...rangeQuery,
        attribute: oneOf(storedAttributes, notStored).describe("A stored attribute."),
        limit: limit(maxRows).prefault("50").describe("Most values."),
      },
      answer: valuesAnswer,
      table: valuesTable,
      read: async ({ format: _, from, to, ...query }) =>
        given(await stats.values({ ...query, ...range({ from, to }) })),
    }),
  ];
}

const codes: Readonly<Record<Exclude<Extract<Answer<never>, { ok: false }>["kind"], "invalid">, ApiErrorCode>> = {
  timeout: "QUERY_TIMEOUT",
  tooLarge: "QUERY_TOO_LARGE",
  busy: "BUSY",
  unavailable: "UNAVAILABLE",
};

/** The answer, or the error that stands for why there is none. */
function given<T>(answer: Answer<T>): T {
  if (answer.ok) return answer.value;
  if (answer.kind === "invalid") throw invalid(answer.problems);
  const message = answer.problems.map(({ message }) => message).join("; ");
  throw new ApiError(codes[answer.kind], message, answer.problems);
}

function checkSize({ times, series, previous = [] }: TimeseriesAnswer, most: number): void {
  const values = times.length * (series.length + previous.length);
  if (values <= most) return;
  const message = `${values} values are more than ${most}: ask for a longer step, a shorter range or fewer lines`;
  throw new ApiError("QUERY_TOO_LARGE", message, [{ parameter: "step", message }]);
}

import type { DecisionLog } from "../../check/decisions/decision-log.ts";
import { type DecisionAnswer, groupings } from "../../check/decisions/messages.ts";
import { maxWhereLength } from "../../check/decisions/where.ts";
import { ApiError } from "./api-error.ts";
import { decisionSumsAnswer, decisionsAnswer, toDecisionAnswer } from "./decision-answers.ts";
import { decisionSumsTable, decisionsTable } from "./decision-tables.ts";
import { defineRoute, invalid } from "./define-route.ts";
import { listOf, oneOf, text, wholeNumber } from "./parameter.ts";
import type { ApiRoute } from "./route.ts";
import { type Moment, moment, resolveRange } from "./time-parameter.ts";

/** What the routes about decisions ask. */
export type DecisionQueries = Pick<DecisionLog, "list" | "sum">;

const DEFAULT_RANGE_MS = 15 * 60_000;
const MAX_ROWS = 1000;

const query = {
  from: moment.optional().describe("Start of the range; by default 15 minutes before its end."),
  to: moment.optional().describe("End of the range; by default now."),
  where: text(maxWhereLength).optional().describe("An expression over check.* and the request that is true or false."),
  format: oneOf(["json", "table"]).prefault("json").describe("`table` gives text for a terminal."),
};

/** The routes about decisions of policy rules. `now` in milliseconds since the epoch. */
export function decisionRoutes(decisions: DecisionQueries, now: () => number): readonly ApiRoute[] {
  const range = (asked: { from?: Moment | undefined; to?: Moment | undefined }) => {
    // A decision of this very millisecond is in the range.
    const resolved = resolveRange(asked, now() + 1, DEFAULT_RANGE_MS);
    if ("problem" in resolved) throw invalid([{ parameter: "from", message: resolved.problem }]);
    return resolved;
  };
  return [
    defineRoute({
      path: "/decisions",
      summary: "Decisions of policy rules, newest first.",
      query: {
        ...query,
        limit: wholeNumber(1, MAX_ROWS).prefault("100").describe("Most decisions."),
        cursor: wholeNumber(1, 999_999_999).optional().describe("Where to go on, from an earlier answer."),
      },
      answer: decisionsAnswer,
      table: decisionsTable,
      read: async ({ from, to, where, limit, cursor }) => {
        const page = given(await decisions.list({ ...range({ from, to }), where, limit, cursor }));
        return { decisions: page.decisions.map(toDecisionAnswer), cursor: page.cursor ?? null };
      },
    }),
    defineRoute({
      path: "/stats/decisions",
      summary: "How often policy rules decided what.",
      query: {
        ...query,
        by: listOf(groupings).prefault("rule").describe("A line for each combination."),
        limit: wholeNumber(1, MAX_ROWS).prefault("100").describe("Most lines."),
      },
      answer: decisionSumsAnswer,
      table: decisionSumsTable,
      read: async ({ from, to, where, by, limit }) => {
        const asked = range({ from, to });
        const { groups, truncated } = given(await decisions.sum({ ...asked, where, by, limit }));
        const until = Math.min(asked.to, now());
        const seconds = Math.max(0.001, (until - asked.from) / 1000);
        return {
          interval: {
            ...{ from: iso(asked.from), to: iso(until), seconds, resolution: "1ms", completeUntil: iso(until) },
          },
          decisions: groups.map(({ labels, ...sums }) => ({ labels, ...sums, rate: sums.decisions / seconds })),
          truncated,
        };
      },
    }),
  ];
}

const iso = (ms: number): string => new Date(ms).toISOString();

function given<T>(answer: DecisionAnswer<T>): T {
  if (answer.ok) return answer.value;
  if (answer.kind === "invalid") throw invalid([answer.problem]);
  throw new ApiError("UNAVAILABLE", answer.problem.message);
}

import { isDeepStrictEqual } from "node:util";
import type { Verdict } from "../../../schemas/model/verdict.ts";
import { toAnswer } from "../../receivers/json-check/answer.ts";
import type { Expectation } from "./test-file.ts";

/** One thing that is not as expected; undefined: it is not there. */
export interface Difference {
  readonly field: string;
  readonly expected: unknown;
  readonly got: unknown;
}

/** What of an expectation is about the verdict. */
export type ExpectedVerdict = Omit<Expectation, "rateLimit" | "metrics" | "logs" | "edges" | "spans">;

/** Everything in which a verdict is not as expected. Of headers, those that are named count; null: there must be none. */
export function differencesOf({ headers, ...expected }: ExpectedVerdict, verdict: Verdict): Difference[] {
  const answer = toAnswer(verdict);
  const got: Readonly<Record<string, unknown>> = { ...answer, shadow: verdict.shadow ?? null };
  const fields = Object.entries(expected).map(([field, value]) => ({ field, expected: value, got: got[field] }));
  const named = Object.entries(headers ?? {}).map(([name, value]) => ({
    field: `headers.${name}`,
    expected: value ?? undefined,
    got: answer.headers[name.toLowerCase()],
  }));
  return [...fields, ...named].filter(({ expected, got }) => !isDeepStrictEqual(expected, got));
}

/** Differences as lines of a diff. */
export function formatDifferences(differences: readonly Difference[]): string[] {
  return differences.flatMap(({ field, expected, got }) => [
    ...(expected === undefined ? [] : [`- ${field}: ${JSON.stringify(expected)}`]),
    ...(got === undefined ? [] : [`+ ${field}: ${JSON.stringify(got)}`]),
  ]);
}

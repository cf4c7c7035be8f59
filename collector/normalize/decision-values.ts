import type { AttributeName } from "../../schemas/attributes/vocabulary.ts";
import type { JoinedDecision } from "../../schemas/model/decision.ts";
import type { Value } from "../../schemas/model/value.ts";

/** What records tell of the decision on their request, by attribute. */
export const decisionValues = {
  "check.rule": ({ rule }) => rule,
  "check.verdict": ({ code }) => (code === undefined ? undefined : verdictOf(code === 0)),
  "check.revision": ({ revision }) => revision,
  "check.shadow": ({ shadow }) => shadow && verdictOf(shadow.allowed),
  "check.error_code": ({ code }) => code,
  "check.error_message": ({ message }) => message || undefined,
} as const satisfies { readonly [Name in AttributeName]?: (decision: JoinedDecision) => Value | undefined };

const verdictOf = (allowed: boolean): string => (allowed ? "allow" : "deny");

type DecisionReaders = {
  readonly [Name in keyof typeof decisionValues]: (scene: {
    readonly decision: JoinedDecision | undefined;
  }) => Value | undefined;
};

/** The same for whatever knows its decision. */
export const decisionReaders = Object.fromEntries(
  Object.entries(decisionValues).map(([name, read]) => [
    name,
    ({ decision }: { readonly decision: JoinedDecision | undefined }) => decision && read(decision),
  ]),
) as DecisionReaders;

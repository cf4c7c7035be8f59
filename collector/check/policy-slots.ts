import { slotOf } from "../../schemas/attributes/vocabulary.ts";
import type { CheckedChanges, CheckedNamedText, CheckedPolicy, CheckedText } from "../config/checked-policy.ts";
import type { Expression } from "../expr/expression.ts";
import type { PolicyRuleSource } from "./compile-policy.ts";

/** The slots that a policy rule's own expressions may read. */
export function slotsOfPolicy({ match, policy }: PolicyRuleSource): number[] {
  const expressions = [match, ...ownExpressions(policy), ...changedBy(policy)];
  const own = policy.kind === "limit" && policy.concurrent !== undefined ? [requestId] : [];
  return [...new Set([...own, ...expressions.flatMap((expression) => expression?.slots ?? [])])];
}

const requestId = slotOf("request.id");

/** What limits read beside their expressions. */
export const limitSlots: readonly number[] = [requestId, slotOf("ratelimit.hits")];

function ownExpressions(policy: CheckedPolicy): (Expression | undefined)[] {
  switch (policy.kind) {
    case "deny":
      return [policy.message, policy.body, ...policy.denyHeaders.map(({ text }) => text)].map(expressionOf);
    case "limit":
      return [
        ...policy.key,
        policy.cost,
        policy.rate !== undefined && "evaluate" in policy.rate ? policy.rate : undefined,
      ];
    default:
      return [];
  }
}

const changedBy = ({ headers, metadata }: CheckedPolicy): (Expression | undefined)[] =>
  [...textsOf(headers.upstream), ...textsOf(headers.client), ...metadata].map(({ text }) => expressionOf(text));

const textsOf = ({ set, add, append }: CheckedChanges): readonly CheckedNamedText[] => [...set, ...add, ...append];

const expressionOf = (text: CheckedText | undefined): Expression | undefined =>
  text !== undefined && "expression" in text ? text.expression : undefined;

import type { CheckedDeny } from "../config/checked-policy.ts";
import { EvalFailure } from "../expr/expression.ts";
import { createChanges } from "./changes.ts";
import { noChanges } from "./outcome.ts";
import type { PolicyRule } from "./policy.ts";
import type { createTexts } from "./texts.ts";

/** Refuses. A text that cannot be had is left out: the refusal stands. */
export function createDenyRule(rule: CheckedDeny, texts: ReturnType<typeof createTexts>): PolicyRule["act"] {
  const { status, code } = rule;
  const message = rule.message && texts.text(rule.message);
  const body = rule.body && texts.text(rule.body);
  const changesOf = createChanges(rule, texts, rule.denyHeaders);
  return ({ record: { values } }) => {
    const told = message?.(values);
    const answer = body?.(values);
    const changes = changesOf(values);
    return {
      kind: "deny",
      denial: {
        status,
        code,
        message: typeof told === "string" ? told : "denied by policy",
        ...(typeof answer === "string" && { body: answer }),
      },
      changes: changes instanceof EvalFailure ? noChanges : changes,
    };
  };
}

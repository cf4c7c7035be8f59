import type { Denial } from "../../schemas/model/verdict.ts";
import type { CheckedDeny, CheckedText } from "../config/checked-policy.ts";
import { EvalFailure, type Slots } from "../expr/expression.ts";
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
  const denialOf = (values: Slots): Denial => {
    const told = message?.(values);
    const answer = body?.(values);
    return {
      status,
      code,
      message: typeof told === "string" ? told : "denied by policy",
      ...(typeof answer === "string" && { body: answer }),
    };
  };
  const always = isPlain(rule.message) && isPlain(rule.body) ? denialOf([]) : undefined;
  return ({ record: { values } }) => {
    const changes = changesOf(values);
    return {
      kind: "deny",
      denial: always ?? denialOf(values),
      changes: changes instanceof EvalFailure ? noChanges : changes,
    };
  };
}

/** Whether a text is the same for all requests. */
const isPlain = (text: CheckedText | undefined): boolean => text === undefined || "plain" in text;

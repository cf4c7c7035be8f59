import type { CheckedNamedText, CheckedText } from "../config/checked-policy.ts";
import { EvalFailure, type Expression, type Slots } from "../expr/expression.ts";

/** Gives the text of a request, or why it cannot be had. */
export type TextOf = (values: Slots) => string | EvalFailure;

/** How an expression is compiled so that the policy knows what it reads. */
export type Track = (expression: Expression) => Expression;
/** The text of a value of this type, as it leaves the hub. */
export type ToText = (value: unknown, type: string) => string;

/** Makes texts of checked ones. */
export function createTexts(track: Track, toText: ToText) {
  const text = (checked: CheckedText): TextOf => {
    if ("plain" in checked) return () => checked.plain;
    const expression = track(checked.expression);
    return (values) => {
      const value = expression.evaluate(values);
      return value instanceof EvalFailure ? value : toText(value, expression.type);
    };
  };
  return {
    text,
    named: (list: readonly CheckedNamedText[]) =>
      list.map(({ name, text: checked }) => ({ name, textOf: text(checked) })),
  };
}

/** A name and how its text is had. */
export type NamedTextOf = ReturnType<ReturnType<typeof createTexts>["named"]>[number];

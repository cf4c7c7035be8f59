import { type AttributeName, createVocabulary } from "../../schemas/attributes/vocabulary.ts";
import type { Value } from "../../schemas/model/value.ts";
import { compile } from "./compile.ts";
import { EvalFailure, type Expression, type Slots } from "./expression.ts";

/** The built-in attributes and a few of types that they lack. */
export const vocabulary = createVocabulary([
  { name: "test.double", type: "DOUBLE", meaning: "" },
  { name: "test.dns", type: "DNS_NAME", meaning: "" },
  { name: "test.map", type: "STRING_MAP", meaning: "" },
]);

/** Attributes by name, built in or of the test vocabulary. */
export type Given = Partial<Readonly<Record<AttributeName | `test.${string}`, Value>>>;

/** Slots of a record that has these attributes. */
export function slotsOf(given: Given): Slots {
  const slots = new Array<Value | undefined>(vocabulary.attributes.length).fill(undefined);
  for (const [name, value] of Object.entries(given)) slots[vocabulary.slot(name) ?? -1] = value;
  return slots;
}

/** Compiles a text that is known to be good. */
export function compiled(text: string): Expression {
  const result = compile(text, { vocabulary });
  if (!result.ok) throw new Error(`${text}: ${result.problems.map(({ message }) => message).join("; ")}`);
  return result.expression;
}

/** The value of an expression; failures as `absent: message` or `fault: message`. */
export function evaluate(text: string, given: Given = {}): unknown {
  const result = compiled(text).evaluate(slotsOf(given));
  return result instanceof EvalFailure ? `${result.kind}: ${result.message}` : result;
}

/** What is wrong with an expression, each as `line:column message`. */
export function problems(text: string, expect?: readonly string[]): string[] {
  const result = compile(text, { vocabulary, expect });
  return result.ok ? [] : result.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

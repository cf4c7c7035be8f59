import { type AttributeName, createVocabulary, slotOf } from "../../../schemas/attributes/vocabulary.ts";
import type { Decision } from "../../../schemas/model/decision.ts";
import type { Value } from "../../../schemas/model/value.ts";
import { compile } from "../../expr/compile.ts";
import type { DecisionProblem } from "./messages.ts";
import { keptAttributes } from "./to-decision.ts";

/** Longest `where`, in UTF-16 units. */
export const maxWhereLength = 4096;

type Read = (decision: Decision) => Value | undefined;

const ofVerdict: { readonly [Name in AttributeName]?: Read } = {
  "check.rule": ({ rule }) => rule,
  "check.verdict": ({ allowed }) => (allowed ? "allow" : "deny"),
  "check.revision": ({ revision }) => revision,
  "check.error_code": ({ code }) => code,
  "check.error_message": ({ message }) => message,
  "check.cache_hit": ({ cache }) => cache === "hit",
  "check.shadow": ({ shadow }) => shadow && toShadow(shadow),
};

/** What shadow rules would have decided, as `check.shadow` says it. */
export const toShadow = ({ allowed }: { readonly allowed: boolean }): string => (allowed ? "allow" : "deny");

/** The attributes that `where` may name. */
export const decisionAttributes: readonly string[] = [...Object.keys(ofVerdict), ...keptAttributes].sort();

const readers = new Map<number, Read>([
  ...keptAttributes.map((name): [number, Read] => [slotOf(name), ({ attributes }) => attributes[name]]),
  ...Object.entries(ofVerdict).map(([name, read]): [number, Read] => [slotOf(name as AttributeName), read]),
]);

/** Tells which decisions are asked for. */
export type Matches = (decision: Decision) => boolean;

/** Compiles `where`, or says what is wrong with it. */
export function compileWhere(text: string): { readonly matches: Matches } | { readonly problem: DecisionProblem } {
  const wrong = (message: string, more: object = {}) => ({ problem: { parameter: "where", message, ...more } });
  const vocabulary = createVocabulary();
  const compiled = compile(text, { vocabulary, expect: ["BOOL"] });
  if (!compiled.ok) {
    const [{ line, column, message } = { line: 1, column: 1, message: "" }] = compiled.problems;
    return wrong(`line ${line}, column ${column}: ${message}`, { line, column });
  }
  const { expression } = compiled;
  const foreign = expression.slots.find((slot) => !readers.has(slot));
  if (foreign !== undefined)
    return wrong(`${vocabulary.attributes[foreign]?.name} is not kept of decisions`, { allowed: decisionAttributes });
  const values = new Array<Value | undefined>(vocabulary.attributes.length).fill(undefined);
  return {
    matches(decision) {
      for (const slot of expression.slots) values[slot] = readers.get(slot)?.(decision);
      return expression.evaluate(values) === true;
    },
  };
}

import { createVocabulary, type Vocabulary } from "../../../schemas/attributes/vocabulary.ts";
import type { Value } from "../../../schemas/model/value.ts";
import type { Compiled, CompileOptions, Expression } from "../../expr/expression.ts";
import { type SeriesKey, storedAttributes, storedDimensions } from "../dimensions.ts";
import { QueryFailure, type QueryProblem } from "./query.ts";

/** The compiler of expressions, handed in so that queries can be tried without it. */
export type Compile = (text: string, options: CompileOptions) => Compiled;

/** Tells which series a query is about. */
export type SeriesFilter = (key: SeriesKey) => boolean;

/** A filter, and the attributes that it reads. */
export interface Where {
  readonly matches: SeriesFilter;
  readonly reads: readonly string[];
}

/** Longest `where`, in UTF-16 units. */
export const maxWhereLength = 4096;

const slotNames: ReadonlyMap<number, string> = new Map(storedDimensions.map(({ slot, name }) => [slot, name]));
const everything: Where = { matches: () => true, reads: [] };

/** Compiles `where`. Throws QueryFailure if it is wrong, or reads what statistics do not store. */
export function compileWhere(text: string | undefined, compile: Compile): Where {
  if (text === undefined || text.trim() === "") return everything;
  if (text.length > maxWhereLength) fail({ message: `longer than ${maxWhereLength} characters` });
  const vocabulary = createVocabulary();
  const compiled = compile(text, { vocabulary, expect: ["BOOL"] });
  if (!compiled.ok) throw new QueryFailure("invalid", ...compiled.problems.map(toProblem));
  const { expression } = compiled;
  return { matches: toFilter(expression, vocabulary), reads: expression.slots.map((slot) => nameOf(slot, vocabulary)) };
}

/** Fails unless statistics store the attribute. */
export function checkStored(name: string, parameter: string): void {
  if (storedAttributes.includes(name)) return;
  throw new QueryFailure("invalid", {
    parameter,
    message: `${name.slice(0, 100)} is not stored by statistics`,
    allowed: storedAttributes,
  });
}

const nameOf = (slot: number, { attributes }: Vocabulary): string => {
  const name = slotNames.get(slot);
  if (name === undefined) checkStored(attributes[slot]?.name ?? `slot ${slot}`, "where");
  return name ?? "";
};

function toFilter(expression: Expression, { attributes }: Vocabulary): SeriesFilter {
  const values = new Array<Value | undefined>(attributes.length).fill(undefined);
  const read = storedDimensions.filter(({ slot }) => expression.slots.includes(slot));
  return (key) => {
    for (const dimension of read) values[dimension.slot] = dimension.read(key);
    return expression.evaluate(values) === true;
  };
}

function toProblem(problem: { line: number; column: number; message: string; suggestion?: string }): QueryProblem {
  const { line, column, message, suggestion } = problem;
  const hint = suggestion === undefined ? "" : `; did you mean ${suggestion}?`;
  const isName = /unknown|undeclared|not declared/i.test(message);
  const place = `line ${line}, column ${column}`;
  return { parameter: "where", message: `${place}: ${message}${hint}`, allowed: isName ? storedAttributes : undefined };
}

function fail({ message }: { message: string }): never {
  throw new QueryFailure("invalid", { parameter: "where", message });
}

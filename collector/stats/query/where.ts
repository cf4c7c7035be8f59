import { createVocabulary, type Vocabulary } from "../../../schemas/attributes/vocabulary.ts";
import { nearest } from "../../../schemas/model/nearest.ts";
import type { Value } from "../../../schemas/model/value.ts";
import type { Compiled, CompileOptions, Expression, ExpressionProblem } from "../../expr/expression.ts";
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
  const reads = expression.slots.map((slot) => nameOf(slot, vocabulary, text));
  return { matches: toFilter(expression, vocabulary), reads };
}

/** Fails unless statistics store the attribute; `place` is where it stands in the parameter's text. */
export function checkStored(name: string, parameter: string, place: Partial<Place> = {}): void {
  if (storedAttributes.includes(name)) return;
  const suggestion = nearest(name, storedAttributes);
  throw new QueryFailure("invalid", {
    parameter,
    message: `${name.slice(0, 100)} is not stored by statistics`,
    allowed: storedAttributes,
    ...(suggestion === undefined ? {} : { suggestion }),
    ...place,
  });
}

interface Place {
  readonly line: number;
  readonly column: number;
}

const nameOf = (slot: number, { attributes }: Vocabulary, text: string): string => {
  const name = slotNames.get(slot);
  if (name !== undefined) return name;
  const wrong = attributes[slot]?.name ?? `slot ${slot}`;
  checkStored(wrong, "where", placeOf(wrong, text));
  return wrong;
};

/** Where a name first stands in an expression, outside of text in quotes; columns in code points. */
function placeOf(name: string, text: string): Partial<Place> {
  const parts = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[\w.]+/gs;
  const found = [...text.matchAll(parts)].find(([part]) => part === name || part.startsWith(`${name}.`));
  if (found === undefined) return {};
  const before = text.slice(0, found.index).split(/\r\n|\r|\n/);
  return { line: before.length, column: [...(before.at(-1) ?? "")].length + 1 };
}

function toFilter(expression: Expression, { attributes }: Vocabulary): SeriesFilter {
  const values = new Array<Value | undefined>(attributes.length).fill(undefined);
  const read = storedDimensions.filter(({ slot }) => expression.slots.includes(slot));
  return (key) => {
    for (const dimension of read) values[dimension.slot] = dimension.read(key);
    return expression.evaluate(values) === true;
  };
}

function toProblem({ line, column, message, suggestion }: ExpressionProblem): QueryProblem {
  const isName = /unknown|undeclared|not declared/i.test(message);
  return {
    parameter: "where",
    message: `line ${line}, column ${column}: ${message}`,
    line,
    column,
    ...(suggestion === undefined ? {} : { suggestion }),
    ...(isName ? { allowed: storedAttributes } : {}),
  };
}

function fail({ message }: { message: string }): never {
  throw new QueryFailure("invalid", { parameter: "where", message });
}

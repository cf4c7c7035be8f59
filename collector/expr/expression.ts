import type { Vocabulary } from "../../schemas/attributes/vocabulary.ts";
import type { Value } from "../../schemas/model/value.ts";

/** Why an evaluation gave no value. `absent`: an attribute or key was not there, which `|` and `has` absorb; `fault`: anything else. */
export class EvalFailure {
  readonly kind: "absent" | "fault";
  readonly message: string;

  constructor(kind: "absent" | "fault", message: string) {
    this.kind = kind;
    this.message = message;
  }
}

/** Slots of a record, as expressions read them. */
export type Slots = readonly (Value | undefined)[];

/** An attribute that must equal `value` for the expression to be true; what the rule index is built on. */
export interface Requirement {
  readonly slot: number;
  readonly value: string | number | boolean;
}

/** What one attribute alone must satisfy. */
export interface Condition {
  readonly slot: number;
  evaluate(values: Slots): unknown | EvalFailure;
}

/** A checked expression, planned into closures over slots. */
export interface Expression {
  readonly text: string;
  /** Static type in the words of the language: an attribute type, or `list(STRING)`, `dyn`, `null`, ... */
  readonly type: string;
  /** The slots it may read, ascending. */
  readonly slots: readonly number[];
  /** Equalities joined by `&&` at the top: all must hold for the whole to be true. Empty if there are none. */
  readonly requires: readonly Requirement[];
  /** Conditions on one attribute each, joined by `&&` at the top: where one is not true, the whole is not. Not all there are. */
  readonly conditions?: readonly Condition[];
  /** Evaluates over one record. Never throws, never waits; allocates nothing unless the result is a new value. */
  evaluate(values: Slots): unknown | EvalFailure;
}

/** What is wrong with an expression, and where. */
export interface ExpressionProblem {
  /** 1-based line and column in the text. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** The nearest valid name, where a name is unknown. */
  readonly suggestion?: string;
}

/** How to read an expression. */
export interface CompileOptions {
  readonly vocabulary: Vocabulary;
  /** Result types allowed, in the words of `Expression.type`; any if absent. */
  readonly expect?: readonly string[];
}

/** A checked and planned expression, or everything that is wrong with the text. */
export type Compiled =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly problems: readonly ExpressionProblem[] };

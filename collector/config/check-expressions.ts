import { type ValueType, valueTypes } from "../../schemas/model/value.ts";
import type { Compiled, CompileOptions, Expression } from "../expr/expression.ts";
import type { CheckedVocabulary } from "./check-vocabulary.ts";
import type { Path, Report } from "./problem.ts";
import type { ScalarTree, Tree } from "./tree.ts";

/** Reads, checks and plans an expression; collector/expr has the one. */
export type Compile = (text: string, options: CompileOptions) => Compiled;

/** What an expression is for, and so what it may give. */
export const expectations = {
  /** Durations become nanoseconds, timestamps seconds, truth values 0 or 1. */
  value: ["INT64", "DOUBLE", "DURATION", "TIMESTAMP", "BOOL"],
  /** Everything that has a text. */
  label: [
    "STRING",
    "INT64",
    "DOUBLE",
    "BOOL",
    "TIMESTAMP",
    "DURATION",
    "IP_ADDRESS",
    "DNS_NAME",
    "EMAIL_ADDRESS",
    "URI",
  ],
  /** Whatever an attribute can hold. */
  variable: valueTypes,
  text: ["STRING", "DNS_NAME", "EMAIL_ADDRESS", "URI"],
  time: ["TIMESTAMP"],
  /** Whether, or how many of each. */
  sample: ["BOOL", "DOUBLE", "INT64"],
  match: ["BOOL"],
} as const satisfies Record<string, readonly ValueType[]>;

/** Compiles the expressions of one configuration; the same text for the same use is compiled once. */
export interface ExpressionReader {
  /** Undefined if the tree holds no expression or a faulty one, which is then reported. */
  read(tree: Tree | undefined, path: Path, use: keyof typeof expectations): Expression | undefined;
  /** The expression of a text that no file holds, such as a default. */
  literal(text: string, use: keyof typeof expectations): Expression | undefined;
  /** Whether a word alone names an attribute. */
  isAttribute(word: string): boolean;
}

/** Reports what is wrong with an expression at its place in the file. */
export function createExpressionReader(
  compile: Compile,
  { vocabulary, faulty }: CheckedVocabulary,
  report: Report,
): ExpressionReader {
  const known = new Map<string, Compiled>();

  function compiled(text: string, use: keyof typeof expectations): Compiled {
    const key = `${use} ${text}`;
    const result = known.get(key) ?? compile(text, { vocabulary, expect: expectations[use] });
    known.set(key, result);
    return result;
  }

  return {
    read(tree, path, use) {
      const text = expressionText(tree);
      if (tree?.kind !== "scalar" || text === undefined) return undefined;
      const result = compiled(text, use);
      if (result.ok) return result.expression;
      if (faulty.some((name) => text.includes(name))) return undefined;
      for (const { line, column, message, suggestion } of result.problems) {
        report({ at: tree.placeOf(line, column), path, message: withoutHint(message, suggestion), suggestion });
      }
    },
    literal(text, use) {
      const result = compiled(text, use);
      return result.ok ? result.expression : undefined;
    },
    isAttribute: (word) => vocabulary.slot(word) !== undefined || faulty.includes(word),
  };
}

/** The suggestion is told once, in the way of all problems. */
function withoutHint(message: string, suggestion: string | undefined): string {
  return suggestion === undefined ? message : message.replace(/[;,] did you mean [^?]*\?$/, "");
}

/** Text is an expression; plain numbers and truth values stand for themselves. */
function expressionText(tree: Tree | undefined): string | undefined {
  return tree?.kind === "scalar" && !tree.broken ? literalText(tree) : undefined;
}

function literalText({ value }: ScalarTree): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : undefined;
  return typeof value === "boolean" ? String(value) : undefined;
}

import type { ExpressionProblem } from "./expression.ts";

/** What is wrong at an offset of the text. */
export interface Problem {
  readonly at: number;
  readonly message: string;
  readonly suggestion?: string;
}

/** Ends reading a text at its first syntax error; never leaves this folder. */
export class SyntaxProblem extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

/** The problem with line and column, both from 1, columns in code points. */
export function locate(text: string, { at, message, suggestion }: Problem): ExpressionProblem {
  const before = text.slice(0, at);
  const line = before.split(/\r\n|\r|\n/).length;
  const column = [...before.slice(Math.max(before.lastIndexOf("\n"), before.lastIndexOf("\r")) + 1)].length + 1;
  return suggestion === undefined ? { line, column, message } : { line, column, message, suggestion };
}

import type { Vocabulary } from "../../schemas/attributes/vocabulary.ts";
import { nearest } from "../../schemas/model/nearest.ts";
import type { Value } from "../../schemas/model/value.ts";
import { compileTracked } from "../expr/compile.ts";
import { EvalFailure, type ExpressionProblem } from "../expr/expression.ts";
import { TouchedSet } from "../expr/touched.ts";
import { defaultVocabulary, isObject, messageOf, toVocabulary, type Vocabularies } from "./eval-vocabulary.ts";
import { fromWire, toWire } from "./eval-wire.ts";

/** What becomes of one line. */
export type LineResult =
  | { readonly kind: "value"; readonly value: { type: string; value: unknown }; readonly referenced: readonly string[] }
  | { readonly kind: "compileError" | "evalError"; readonly error: string };

/** The lines of a stream of bytes, without their ends; text that is not UTF-8 keeps U+FFFD. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + (typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true }))).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}

/** Evaluates a line `{"expr","vocabulary"?,"input"}`; what is wrong with the line itself is a compile error too. */
export function evaluateLine(line: string, vocabularies: Vocabularies): LineResult {
  try {
    const data: unknown = JSON.parse(line);
    if (!isObject(data) || typeof data.expr !== "string") throw new Error('a line is an object with the key "expr"');
    return evaluate(data.expr, pick(data.vocabulary, vocabularies), data.input);
  } catch (error) {
    return { kind: "compileError", error: messageOf(error) };
  }
}

function pick(wanted: unknown, vocabularies: Vocabularies): Vocabulary {
  if (wanted !== undefined && typeof wanted !== "string") return toVocabulary(wanted);
  const found = wanted === undefined ? defaultVocabulary(vocabularies) : vocabularies.get(wanted);
  if (found) return found;
  if (wanted === undefined) throw new Error("the line names no vocabulary, and the file has several");
  const meant = nearest(wanted, vocabularies.keys());
  const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
  throw new Error(`there is no vocabulary ${JSON.stringify(wanted)} in the --vocabulary file${hint}`);
}

function evaluate(text: string, vocabulary: Vocabulary, input: unknown): LineResult {
  const touched = new TouchedSet();
  const compiled = compileTracked(text, { vocabulary }, touched);
  if (!compiled.ok) return { kind: "compileError", error: compiled.problems.map(formatProblem).join("; ") };
  const { expression } = compiled;
  const { values, addresses } = readInput(vocabulary, isObject(input) ? input : {});
  const result = expression.evaluate(values);
  if (result instanceof EvalFailure) return { kind: "evalError", error: result.message };
  return { kind: "value", value: toWire(expression.type, result, addresses), referenced: touched.toNames(vocabulary) };
}

/** The slots that a line fills, and the bytes of its addresses by their text. */
function readInput(vocabulary: Vocabulary, input: Record<string, unknown>) {
  const addresses = new Map<string, string>();
  const values = vocabulary.attributes.map(({ name, type }): Value | undefined => {
    const wire = Object.hasOwn(input, name) ? input[name] : undefined;
    const value = fromWire(type, wire);
    if (type === "IP_ADDRESS" && typeof value === "string" && isObject(wire)) addresses.set(value, String(wire.value));
    return value;
  });
  return { values, addresses };
}

/** `line:column: message`. */
export function formatProblem({ line, column, message }: ExpressionProblem): string {
  return `${line}:${column}: ${message}`;
}

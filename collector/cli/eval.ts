import { parse } from "yaml";
import type { Vocabulary } from "../../schemas/attributes/vocabulary.ts";
import { nearest } from "../../schemas/model/nearest.ts";
import type { Value } from "../../schemas/model/value.ts";
import { errorTable, HubError } from "../errors.ts";
import { compile } from "../expr/compile.ts";
import { EvalFailure } from "../expr/expression.ts";
import type { Command, CommandIo } from "./command.ts";
import { evaluateLine, formatProblem, linesOf } from "./eval-lines.ts";
import { fromPlain, toPlain } from "./eval-values.ts";
import { defaultVocabulary, isObject, messageOf, readVocabularies, type Vocabularies } from "./eval-vocabulary.ts";
import { oneOfChoices, parseArguments, usage } from "./parse-arguments.ts";

const verb = "eval";

/** Evaluates an expression over attributes. */
export const evalCommand: Command = {
  name: verb,
  summary: "Evaluates an expression over attributes.",
  help: `Usage: mixdown eval [--vocabulary FILE] EXPR [--attributes FILE]
       mixdown eval [--vocabulary FILE] --jsonl

Evaluates an expression as rules do and writes its value as JSON to standard output. Ends
with 0 if there is a value, 1 if the evaluation gives none (an attribute is absent, or a
fault such as a division by zero), 78 if the expression or a file is wrong.

  --attributes FILE  JSON or YAML object of attribute names and values. By type: TIMESTAMP
                     as RFC 3339, DURATION as "12.345ms" or "1.5s", IP_ADDRESS as text,
                     INT64 as number or text, STRING_MAP as an object. Others stay absent.
  --vocabulary FILE  JSON or YAML object of attribute names and types, which stand in place
                     of the built-in ones; or {"vocabularies":{NAME:{...}}} for --jsonl.
  --jsonl            Reads lines {"expr","vocabulary"?,"input"} from standard input, where
                     vocabulary is an object or a name, and input maps attribute names to
                     {"type","value"}. Writes a line for each, in order:
                     {"kind":"value","value":{"type","value"},"referenced":[...]} or
                     {"kind":"compileError"|"evalError","error":"..."}.
  --dialect NAME     cel (default), the language of rules.

Examples:
  mixdown eval '1 + 2'
  mixdown eval 'request.path.glob("/api/*/items")' --attributes request.json
  mixdown eval --vocabulary types.json --jsonl < cases.jsonl
`,
  run: runEval,
};

/** Runs `mixdown eval`; resolves to its exit status. Throws a HubError for a wrong command line or file. */
export async function runEval(argv: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArguments(argv, {
    verb,
    options: {
      dialect: { type: "string", default: "cel" },
      vocabulary: { type: "string" },
      attributes: { type: "string" },
      jsonl: { type: "boolean", default: false },
    },
    maxPositionals: 1,
  });
  if (oneOfChoices(verb, "dialect", values.dialect, ["cel", "cexl"]) === "cexl") {
    throw usage(verb, "the dialect cexl is not supported yet; leave --dialect out, or use cel");
  }
  const { vocabulary: path, attributes, jsonl } = values;
  const vocabularies: Vocabularies = path === undefined ? new Map() : readVocabularies(path, read(io, path));
  const [text] = positionals;
  if (jsonl && (text !== undefined || attributes !== undefined)) {
    throw usage(verb, "--jsonl reads expressions and attributes from standard input; leave EXPR and --attributes out");
  }
  if (jsonl) return evaluateLines(io, vocabularies);
  if (text === undefined) throw usage(verb, "an expression is missing");
  const vocabulary = defaultVocabulary(vocabularies);
  if (!vocabulary) throw usage(verb, `${path} has several vocabularies, which only --jsonl can choose from`);
  return evaluateOne(text, vocabulary, attributes === undefined ? [] : readAttributes(io, attributes, vocabulary), io);
}

async function evaluateLines(io: CommandIo, vocabularies: Vocabularies): Promise<number> {
  for await (const line of linesOf(io.stdin)) {
    if (line.trim() !== "") io.stdout.write(`${JSON.stringify(evaluateLine(line, vocabularies))}\n`);
  }
  return 0;
}

function evaluateOne(
  text: string,
  vocabulary: Vocabulary,
  values: readonly (Value | undefined)[],
  io: CommandIo,
): number {
  const compiled = compile(text, { vocabulary });
  if (!compiled.ok) {
    for (const problem of compiled.problems) io.stderr.write(`${formatProblem(problem)}\n`);
    return errorTable.CONFIG_INVALID.exit;
  }
  const { expression } = compiled;
  const result = expression.evaluate(values);
  if (result instanceof EvalFailure) {
    io.stderr.write(`no value: ${result.message}\n`);
    return 1;
  }
  io.stdout.write(`${JSON.stringify(toPlain(expression.type, result))}\n`);
  return 0;
}

function readAttributes(io: CommandIo, path: string, vocabulary: Vocabulary): (Value | undefined)[] {
  const fail = (message: string): never => {
    throw new HubError("CONFIG_INVALID", `${path}: ${message}`);
  };
  const data = parsed(read(io, path), fail);
  if (!isObject(data)) return fail("expected an object of attribute names and values");
  const values = new Array<Value | undefined>(vocabulary.attributes.length).fill(undefined);
  for (const [name, plain] of Object.entries(data)) {
    const slot = vocabulary.slot(name);
    const type = vocabulary.typeOf(name);
    if (slot === undefined || type === undefined) return fail(unknown(name, vocabulary));
    const value = fromPlain(type, plain);
    if (value === undefined) return fail(`${name}: expected ${type}, got ${JSON.stringify(plain)}`);
    values[slot] = value;
  }
  return values;
}

function parsed(text: string, fail: (message: string) => never): unknown {
  try {
    return parse(text);
  } catch (error) {
    return fail(messageOf(error));
  }
}

function unknown(name: string, { attributes }: Vocabulary): string {
  const meant = nearest(
    name,
    attributes.map((attribute) => attribute.name),
  );
  return `unknown attribute ${JSON.stringify(name)}${meant === undefined ? "" : `; did you mean ${meant}?`}`;
}

function read(io: CommandIo, path: string): string {
  try {
    return io.readFile(path);
  } catch (cause) {
    throw new HubError("CONFIG_UNREADABLE", `cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}

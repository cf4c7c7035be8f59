import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  Scalar,
  type YAMLError,
} from "yaml";
import { type Environment, substitute } from "./environment.ts";
import type { Place } from "./problem.ts";
import { offsetsOf, type ScalarStyle } from "./scalar-places.ts";
import type { Entry, MapTree, ScalarTree, SeqTree, Tree } from "./tree.ts";

/** Largest configuration file, in characters. */
export const MAX_FILE_CHARACTERS = 1_048_576;
/** Values in one file, those behind aliases counted as often as they are used. */
const MAX_NODES = 200_000;
const MAX_DEPTH = 100;

/** Something wrong with the text of a file. */
export interface TextProblem {
  readonly at: Place;
  readonly message: string;
  readonly expected?: string;
}

/** A file as values with places; `tree` is undefined where nothing is left to look at. */
export interface ParsedFile {
  readonly tree: Tree | undefined;
  readonly problems: readonly TextProblem[];
  /** The text is not YAML from here on: what stands after it may not have been read as it was meant. */
  readonly brokenFrom: Place | undefined;
  /** Values taken from the environment, by what may be shown instead. */
  readonly secrets: ReadonlyMap<string, string>;
}

/** How files are parsed. */
export type ParseFile = typeof parseYaml;

/** Reads one YAML document with places. Never throws; `text` may be anything. */
export function parseYaml(file: string, text: string, env: Environment): ParsedFile {
  const lines = new LineCounter();
  const placeOf = (offset: number): Place => toPlace(file, lines, offset);
  if (text.length > MAX_FILE_CHARACTERS)
    return failed(placeOf(0), "the file is too large", `at most ${MAX_FILE_CHARACTERS} characters`);
  if (isAbsurdlyDeep(text)) return failed(placeOf(0), "the file is nested too deeply", `at most ${MAX_DEPTH} levels`);
  try {
    return parse(text, lines, placeOf, env);
  } catch (error) {
    if (error instanceof RangeError)
      return failed(placeOf(0), "the file is nested too deeply", `at most ${MAX_DEPTH} levels`);
    throw error;
  }
}

/** Found by counting, since the parser takes seconds over it: no real file has a thousand brackets open, even in its texts. */
function isAbsurdlyDeep(text: string): boolean {
  let open = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    open = Math.max(0, open + (bracket === "[" || bracket === "{" ? 1 : -1));
    if (open > 1000) return true;
  }
  return /(?:^|\n)[ \t]*(?:[-?] +){101}/.test(text);
}

function toPlace(file: string, lines: LineCounter, offset: number): Place {
  if (lines.lineStarts.length === 0) return { file, line: 1, column: 1 };
  const { line, col } = lines.linePos(offset);
  return { file, line: Math.max(1, line), column: Math.max(1, col) };
}

function failed(at: Place, message: string, expected: string): ParsedFile {
  return { tree: undefined, problems: [{ at, message, expected }], brokenFrom: at, secrets: new Map() };
}

function parse(text: string, lines: LineCounter, placeOf: (offset: number) => Place, env: Environment): ParsedFile {
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    stringKeys: true,
    resolveKnownTags: false,
    logLevel: "error",
  });
  const faults = [...document.errors, ...document.warnings].map((error) => ({
    at: placeOf(error.pos[0]),
    message: wordsOf(error),
  }));
  const reader = createReader(text, placeOf, env);
  const tree = document.contents === null ? emptyMap(placeOf(0)) : reader.read(document.contents, 0);
  return {
    tree,
    problems: [...faults, ...reader.problems],
    brokenFrom: document.errors.length > 0 ? placeOf(Math.min(...document.errors.map(({ pos }) => pos[0]))) : undefined,
    secrets: reader.secrets,
  };
}

const emptyMap = (at: Place): MapTree => ({ kind: "map", at, entries: [] });

function wordsOf({ code, message }: YAMLError): string {
  if (code === "MULTIPLE_DOCS")
    return "a second document starts here; a file holds one, so put the rest into a file of its own";
  return `not valid YAML: ${message}`;
}

interface Reader {
  read(node: Node, depth: number): Tree;
  readonly problems: readonly TextProblem[];
  readonly secrets: ReadonlyMap<string, string>;
}

/** Turns nodes into trees in the order of the file, so that an alias finds what was anchored before it. */
function createReader(source: string, placeOf: (offset: number) => Place, env: Environment): Reader {
  const problems: TextProblem[] = [];
  const secrets = new Map<string, string>();
  const anchors = new Map<string, { readonly tree: Tree; readonly nodes: number }>();
  let nodes = 0;

  function read(node: Node, depth: number): Tree {
    const before = nodes;
    if (++nodes > MAX_NODES || depth > MAX_DEPTH) return tooMuch(node);
    if (isAlias(node)) return readAlias(node);
    const tree = isMap(node)
      ? readMap(node, node.items, depth)
      : isSeq(node)
        ? readSeq(node, node.items, depth)
        : readScalar(node);
    if (isMap(node) || isSeq(node) || isScalar(node)) {
      if (node.anchor !== undefined) anchors.set(node.anchor, { tree, nodes: nodes - before });
    }
    return tree;
  }

  const startOf = (node: Node) => node.range?.[0] ?? 0;

  function problem(offset: number, message: string, expected?: string): void {
    problems.push({ at: placeOf(offset), message, ...(expected === undefined ? {} : { expected }) });
  }

  function tooMuch(node: Node): Tree {
    if (!problems.some(({ message }) => message === TOO_MUCH))
      problem(startOf(node), TOO_MUCH, `at most ${MAX_NODES} values and ${MAX_DEPTH} levels`);
    return brokenScalar(placeOf(startOf(node)));
  }

  function readAlias(node: Alias.Parsed | Alias): Tree {
    const anchored = anchors.get(node.source);
    if (anchored === undefined) {
      problem(startOf(node), `alias *${node.source} has no anchor before it`);
      return brokenScalar(placeOf(startOf(node)));
    }
    nodes += anchored.nodes;
    return nodes > MAX_NODES ? tooMuch(node) : anchored.tree;
  }

  function readSeq(node: Node, items: readonly unknown[], depth: number): SeqTree {
    const at = placeOf(startOf(node));
    return {
      kind: "seq",
      at,
      items: items.map((item) => (item === null ? nullScalar(at) : read(item as Node, depth + 1))),
    };
  }

  function readMap(node: Node, pairs: readonly Pair[], depth: number): MapTree {
    const at = placeOf(startOf(node));
    const entries = new Map<string, Entry>();
    const merged: Entry[] = [];
    for (const { key, value } of pairs) {
      const keyOffset = startOf(key as Node);
      const name = isScalar(key) ? String(key.value) : "";
      const keyAt = placeOf(keyOffset);
      const tree = value === null ? nullScalar(keyAt) : read(value as Node, depth + 1);
      if (name === "<<" && isScalar(key) && key.type === Scalar.PLAIN) merged.push(...mergedEntries(tree, keyOffset));
      else if (accept(name, keyOffset, entries.get(name))) entries.set(name, { key: name, keyAt, value: tree });
    }
    const inherited = new Map(merged.toReversed().map((entry) => [entry.key, entry]));
    return { kind: "map", at, entries: [...new Map([...[...inherited].reverse(), ...entries]).values()] };
  }

  function accept(name: string, offset: number, earlier: Entry | undefined): boolean {
    if (name === "__proto__") problem(offset, `the name "__proto__" is not allowed`);
    else if (earlier !== undefined) problem(offset, `"${name}" is set twice, first on line ${earlier.keyAt.line}`);
    else return true;
    return false;
  }

  function mergedEntries(tree: Tree, offset: number): readonly Entry[] {
    const maps = tree.kind === "seq" ? tree.items : [tree];
    const bad = maps.some(({ kind }) => kind !== "map");
    if (bad) problem(offset, "<< takes a mapping or a list of mappings");
    return maps.flatMap((map) => (map.kind === "map" ? map.entries : []));
  }

  function readScalar(node: Node): ScalarTree {
    const at = placeOf(startOf(node));
    if (!isScalar(node)) return nullScalar(at);
    if (node.tag !== undefined && !coreTags.has(node.tag)) return brokenScalar(at);
    const value = node.value as ScalarTree["value"];
    if (typeof value !== "string") return { kind: "scalar", at, value, placeOf: () => at };
    const scalar = { source, start: startOf(node), end: node.range?.[1] ?? startOf(node), style: styleOf(node) };
    const placeIn = (offset: number) => placeOf(offsetsOf(value, scalar)[offset] ?? scalar.end);
    if (!value.includes("${"))
      return { kind: "scalar", at, value, placeOf: (line, column) => placeIn(offsetIn(value, line, column)) };
    const { problems: found, secrets: hidden, ...substituted } = substitute(value, env);
    for (const { offset, message, expected } of found)
      problems.push({ at: placeIn(offset), message, ...(expected === undefined ? {} : { expected }) });
    for (const [secret, shown] of hidden) secrets.set(secret, shown);
    const written = hidden.size > 0 ? { written: value } : {};
    return { kind: "scalar", at, ...substituted, ...written, broken: found.length > 0, placeOf: () => at };
  }

  return { read, problems, secrets };
}

const TOO_MUCH = "the file holds too much";

/** Scalars with other tags are reported by the parser. `!` alone makes text of any scalar (YAML 1.2.2, 6.9.1). */
const coreTags = new Set(["!", ...["str", "int", "float", "bool", "null"].map((name) => `tag:yaml.org,2002:${name}`)]);

const nullScalar = (at: Place): ScalarTree => ({ kind: "scalar", at, value: null, placeOf: () => at });
const brokenScalar = (at: Place): ScalarTree => ({ ...nullScalar(at), broken: true });

function styleOf({ type }: Scalar): ScalarStyle {
  if (type === Scalar.QUOTE_SINGLE) return "single";
  if (type === Scalar.QUOTE_DOUBLE) return "double";
  return type === Scalar.BLOCK_FOLDED || type === Scalar.BLOCK_LITERAL ? "block" : "plain";
}

/** The UTF-16 offset of a line and column, both from 1, columns in code points; the end of the text if it has no such place. */
function offsetIn(text: string, line: number, column: number): number {
  let start = 0;
  for (let skipped = 1; skipped < line; skipped++) {
    const end = text.indexOf("\n", start);
    if (end === -1) return text.length;
    start = end + 1;
  }
  const before = [...text.slice(start, start + 2 * column)].slice(0, column - 1).join("");
  return Math.min(start + before.length, text.length);
}

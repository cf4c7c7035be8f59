import type { Place } from "./problem.ts";

/** A scalar of YAML. */
export type ScalarValue = string | number | bigint | boolean | null;

/** One value of a configuration file with its place. */
export interface ScalarTree {
  readonly kind: "scalar";
  readonly at: Place;
  readonly value: ScalarValue;
  /** The text that `value` was read from, where the environment gave it: a setting that wants text takes this. */
  readonly text?: string;
  /** As it stands in the file, where the environment gave some of it: this may be shown. */
  readonly written?: string;
  /** The environment had no value: whatever is said about this scalar would be a follow-on. */
  readonly broken?: boolean;
  /** Where a line and column of the text, both from 1, stand in the file. */
  placeOf(line: number, column: number): Place;
}

/** A mapping with places. Keys are unique. */
export interface MapTree {
  readonly kind: "map";
  readonly at: Place;
  readonly entries: readonly Entry[];
}

/** One key of a mapping. */
export interface Entry {
  readonly key: string;
  readonly keyAt: Place;
  readonly value: Tree;
}

/** A list with places. */
export interface SeqTree {
  readonly kind: "seq";
  readonly at: Place;
  readonly items: readonly Tree[];
}

/** A configuration file as values with places. Anchored parts are shared, never cyclic. */
export type Tree = ScalarTree | MapTree | SeqTree;

/** The entries of a mapping; none of anything else. */
export function entriesOf(tree: Tree | undefined): readonly Entry[] {
  return tree?.kind === "map" ? tree.entries : [];
}

/** The items of a list; none of anything else. */
export function itemsOf(tree: Tree | undefined): readonly Tree[] {
  return tree?.kind === "seq" ? tree.items : [];
}

/** The value under a key. */
export function child(tree: Tree | undefined, key: string | number): Tree | undefined {
  if (typeof key === "number") return itemsOf(tree)[key];
  return entriesOf(tree).find((entry) => entry.key === key)?.value;
}

/** The text of a scalar; undefined if it is none, or not text. */
export function textOf(tree: Tree | undefined): string | undefined {
  if (tree?.kind !== "scalar" || tree.broken) return undefined;
  if (typeof tree.value === "string") return tree.value;
  return tree.text;
}

/** True for an absent value and for one left empty. */
export function isEmpty(tree: Tree | undefined): boolean {
  return tree === undefined || (tree.kind === "scalar" && tree.value === null);
}

/** Where the innermost known value along a path stands; a key's own place if the path ends at its value. */
export function placeAt(tree: Tree, path: readonly (string | number)[]): Place {
  let current = tree;
  let at = tree.at;
  for (const key of path) {
    const next = child(current, key);
    if (next === undefined) return at;
    current = next;
    at = next.at;
  }
  return at;
}

/** The same as plain values, without places. */
export function toPlain(tree: Tree): unknown {
  if (tree.kind === "scalar") return tree.value;
  if (tree.kind === "seq") return tree.items.map(toPlain);
  return Object.fromEntries(tree.entries.map(({ key, value }) => [key, toPlain(value)]));
}

/** Stands for a file where settings come from the program itself. */
export const BUILT_IN = "(built in)";

const builtInPlace: Place = { file: BUILT_IN, line: 1, column: 1 };

/** Settings that the program brings, as a tree: mappings of mappings and texts. */
export function toMapTree(settings: object): MapTree {
  const at = builtInPlace;
  const toTree = (value: unknown): Tree =>
    typeof value === "object" && value !== null
      ? toMapTree(value)
      : { kind: "scalar", at, value: String(value), placeOf: () => at };
  const entries = Object.entries(settings).map(([key, value]) => ({ key, keyAt: at, value: toTree(value) }));
  return { kind: "map", at, entries };
}

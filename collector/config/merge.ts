import { z } from "zod";
import { nearest } from "../../schemas/model/nearest.ts";
import type { Path, Report } from "./problem.ts";
import { describeExpected, oneOf, type Schema } from "./schema-words.ts";
import { type Entry, entriesOf, isEmpty, type MapTree, type Tree, toMapTree } from "./tree.ts";

/** The tree of one file, in the order of the command line. */
export interface FileTree {
  readonly file: string;
  readonly tree: Tree;
}

/**
 * Makes one tree of several files. Listeners are settled setting by setting, later files winning; lists are joined in
 * order; everything else may be named once.
 */
export function mergeFiles(
  files: readonly FileTree[],
  sections: Readonly<Record<string, Schema>>,
  defaults: MapTree,
  report: Report,
): MapTree {
  let merged: MapTree = defaults;
  for (const { tree } of files) {
    if (tree.kind !== "map") {
      if (!isEmpty(tree))
        report({
          at: tree.at,
          path: [],
          message: "the file is no mapping",
          expected: `sections such as ${Object.keys(sections).join(", ")}`,
        });
      continue;
    }
    const known = { ...tree, entries: tree.entries.filter((entry) => isUsable(entry, sections, report)) };
    merged = mergeMaps(merged, known, [], report);
  }
  return merged;
}

/** Sections that nobody knows or that are of the wrong kind are reported here, where their file is still known. */
function isUsable({ key, keyAt, value }: Entry, sections: Readonly<Record<string, Schema>>, report: Report): boolean {
  const schema = Object.hasOwn(sections, key) ? sections[key] : undefined;
  if (schema === undefined) {
    const suggestion = nearest(key, Object.keys(sections));
    report({
      at: keyAt,
      path: [key],
      message: `unknown key "${key}"`,
      suggestion,
      expected: suggestion === undefined ? oneOf(Object.keys(sections)) : undefined,
    });
    return false;
  }
  if (isEmpty(value)) return z.safeParse(schema, null).success;
  if (value.kind === "scalar" && value.broken) return false;
  const { error } = z.safeParse(schema, value.kind === "seq" ? [] : value.kind === "map" ? {} : "");
  // What is said of something inside is about settings that are not there.
  const fits = error === undefined || error.issues.every(({ path }) => path.length > 0);
  if (!fits)
    report({ at: value.at, path: [key], message: `"${key}" is of the wrong kind`, expected: describeExpected(schema) });
  return fits;
}

function mergeMaps(earlier: MapTree, later: MapTree, path: Path, report: Report): MapTree {
  const entries = new Map(earlier.entries.map((entry) => [entry.key, entry]));
  for (const entry of later.entries) {
    const known = entries.get(entry.key);
    entries.set(entry.key, known === undefined ? entry : mergeEntries(known, entry, [...path, entry.key], report));
  }
  return { ...later, entries: [...entries.values()] };
}

function mergeEntries(earlier: Entry, later: Entry, path: Path, report: Report): Entry {
  const value = join(earlier.value, later.value, path, report);
  if (value !== undefined) return { ...later, value };
  if (path[0] === "listeners") return later;
  const { file, line } = earlier.keyAt;
  report({ at: later.keyAt, path, message: `"${later.key}" is already set in ${file}:${line}` });
  return earlier;
}

/** Undefined where two values cannot both stand. */
function join(earlier: Tree, later: Tree, path: Path, report: Report): Tree | undefined {
  const deep = path[0] === "listeners" || path.length === 1 || nested.has(path.join("."));
  if (earlier.kind === "map" && later.kind === "map") return deep ? mergeMaps(earlier, later, path, report) : undefined;
  if (path[0] === "listeners") return undefined;
  if (earlier.kind === "seq" && later.kind === "seq") return { ...earlier, items: [...earlier.items, ...later.items] };
  return undefined;
}

/** Sections whose second level holds names, not settings. */
const nested = new Set(["enrich.addresses", "enrich.principals"]);

/** Listeners as the program brings them, below every file. */
export function toDefaultTree(listeners: Readonly<Record<string, { readonly address: string }>>): MapTree {
  return toMapTree({ listeners });
}

/** The entries of one section of the merged tree. */
export function sectionOf(merged: MapTree, section: string): readonly Entry[] {
  return entriesOf(merged.entries.find(({ key }) => key === section)?.value);
}

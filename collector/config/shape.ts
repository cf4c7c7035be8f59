import { z } from "zod";
import { nearest } from "../../schemas/model/nearest.ts";
import type { Path, Report } from "./problem.ts";
import { definitionOf, describeExpected, oneOf, type Schema, unwrap } from "./schema-words.ts";
import { child, type MapTree, placeAt, type ScalarTree, type SeqTree, type Tree } from "./tree.ts";

/**
 * Holds a tree against a schema: every unknown key, missing key and wrong value is reported where it stands, and nothing
 * hides anything else. Gives the plain values, which the schema accepts if nothing was reported.
 */
export function readShape(tree: Tree, schema: Schema, path: Path, report: Report): unknown {
  let found = 0;
  const counting: Report = (finding) => {
    found++;
    report(finding);
  };
  const value = createShapeReader(counting).read(tree, schema, path);
  if (found > 0 || hasBroken(tree)) return value;
  const parsed = z.safeParse(schema, value);
  for (const issue of parsed.error?.issues ?? []) reportIssue(issue, tree, path, report);
  return value;
}

function hasBroken(tree: Tree): boolean {
  if (tree.kind === "scalar") return tree.broken === true;
  return tree.kind === "seq" ? tree.items.some(hasBroken) : tree.entries.some(({ value }) => hasBroken(value));
}

interface ShapeReader {
  read(tree: Tree, schema: Schema, path: Path): unknown;
}

function createShapeReader(report: Report): ShapeReader {
  function read(tree: Tree, wrapped: Schema, path: Path): unknown {
    const { schema, optional, nullable } = unwrap(wrapped);
    if (tree.kind === "scalar") {
      if (tree.broken) return undefined;
      if (tree.value === null && nullable) return null;
      if (tree.value === null && optional) return undefined;
    }
    const definition = definitionOf(schema);
    switch (definition.type) {
      case "object":
        return readMap(tree, wrapped, path, (map) => readObject(map, definition, path));
      case "record":
        return readMap(tree, wrapped, path, (map) => readRecord(map, definition.keyType, definition.valueType, path));
      case "array":
        return tree.kind === "seq" ? readItems(tree, schema, definition.element, path) : wrongKind(tree, wrapped, path);
      case "union":
        return readUnion(tree, wrapped, definition, path);
      default:
        return readLeaf(tree, wrapped, path);
    }
  }

  function readMap(tree: Tree, schema: Schema, path: Path, readEntries: (map: MapTree) => unknown): unknown {
    return tree.kind === "map" ? readEntries(tree) : wrongKind(tree, schema, path);
  }

  function readObject(map: MapTree, { shape, catchall }: z.core.$ZodObjectDef, path: Path): unknown {
    const known = Object.keys(shape);
    const present = new Set(map.entries.map(({ key }) => key));
    const absent = known.filter((key) => !present.has(key));
    const misspelt = new Set<string>();
    const values: [string, unknown][] = [];
    const open = catchall !== undefined && definitionOf(catchall).type !== "never";
    for (const { key, keyAt, value } of map.entries) {
      const schema = Object.hasOwn(shape, key) ? shape[key] : open ? catchall : undefined;
      if (schema === undefined) {
        const suggestion = nearest(key, absent) ?? nearest(key, known);
        if (suggestion !== undefined) misspelt.add(suggestion);
        report({
          at: keyAt,
          path: [...path, key],
          message: `unknown key "${key}"`,
          suggestion,
          expected: suggestion === undefined ? oneOf(known) : undefined,
        });
      } else values.push([key, read(value, schema, [...path, key])]);
    }
    for (const key of absent) {
      const schema = shape[key] as Schema;
      if (unwrap(schema).optional || misspelt.has(key)) continue;
      report({ at: map.at, path: [...path, key], message: `"${key}" is missing`, expected: describeExpected(schema) });
    }
    return Object.fromEntries(values);
  }

  function readRecord(map: MapTree, keys: Schema, element: Schema, path: Path): unknown {
    return Object.fromEntries(
      map.entries.map(({ key, keyAt, value }) => {
        const issue = z.safeParse(keys, key).error?.issues[0];
        if (issue !== undefined)
          report({
            at: keyAt,
            path: [...path, key],
            message: `"${key}" cannot be a name here`,
            expected: issue.message,
          });
        return [key, read(value, element, [...path, key])];
      }),
    );
  }

  function readItems(seq: SeqTree, schema: Schema, element: Schema, path: Path): unknown {
    const values = seq.items.map((item, index) => read(item, element, [...path, index]));
    if (seq.items.length === 0) reportLeaf(seq, schema, [], path);
    return values;
  }

  function readUnion(tree: Tree, wrapped: Schema, definition: z.core.$ZodUnionDef, path: Path): unknown {
    if (tree.kind === "scalar") return readLeaf(tree, wrapped, path);
    const kinds: readonly string[] = tree.kind === "map" ? ["object", "record"] : ["array", "tuple"];
    const fitting = definition.options.filter((option) => kinds.includes(definitionOf(unwrap(option).schema).type));
    if (fitting.length === 0) return wrongKind(tree, wrapped, path);
    if (tree.kind === "map" && "discriminator" in definition)
      return readChosen(tree, fitting, String(definition.discriminator), path);
    return fitting.length === 1 ? read(tree, fitting[0] as Schema, path) : readLeaf(tree, wrapped, path);
  }

  /** By the option that the discriminator names; if it names none, by the one that was probably meant, so that the rest is checked. */
  function readChosen(tree: MapTree, options: readonly Schema[], discriminator: string, path: Path): unknown {
    const named = new Map(options.flatMap((option) => literalsOf(option, discriminator).map((name) => [name, option])));
    const given = child(tree, discriminator);
    const value = given?.kind === "scalar" ? String(given.value) : "";
    const suggestion = named.has(value) ? value : nearest(value, named.keys());
    const chosen = named.get(suggestion ?? "") ?? (options[0] as Schema);
    if (given?.kind !== "scalar" || given.broken || named.has(value)) return read(tree, chosen, path);
    report({
      at: given.at,
      path: [...path, discriminator],
      message: `"${discriminator}" cannot be "${value}"`,
      expected: oneOf([...named.keys()]),
      suggestion,
    });
    if (suggestion === undefined) return undefined;
    const meant: Tree = { ...given, value: literalsOf(chosen, discriminator)[0] ?? "" };
    const entries = tree.entries.map((entry) => (entry.value === given ? { ...entry, value: meant } : entry));
    return read({ ...tree, entries }, chosen, path);
  }

  function readLeaf(tree: Tree, schema: Schema, path: Path): unknown {
    const value = plainOf(tree);
    const parsed = z.safeParse(schema, value);
    if (parsed.success) return value;
    const text = tree.kind === "scalar" ? tree.text : undefined;
    if (text !== undefined && z.safeParse(schema, text).success) return text;
    reportLeaf(tree, schema, value, path);
    return value;
  }

  function reportLeaf(tree: Tree, schema: Schema, value: unknown, path: Path): void {
    for (const issue of z.safeParse(schema, value).error?.issues ?? []) {
      if (issue.code === "invalid_union" || issue.code === "invalid_type") wrongKind(tree, schema, path);
      else reportIssue(issue, tree, path, report);
    }
  }

  function wrongKind(tree: Tree, schema: Schema, path: Path): undefined {
    const empty = tree.kind === "scalar" && tree.value === null;
    report({
      at: tree.at,
      path,
      message: `${nameOf(path)} is ${empty ? "empty" : kindOf(tree)}`,
      expected: describeExpected(schema),
    });
  }

  return { read };
}

function literalsOf(option: Schema, key: string): string[] {
  const definition = definitionOf(unwrap(option).schema);
  const field = definition.type === "object" ? definition.shape[key] : undefined;
  const literal = field === undefined ? undefined : definitionOf(field);
  return literal?.type === "literal" ? literal.values.map(String) : [];
}

function plainOf(tree: Tree): unknown {
  if (tree.kind === "scalar") return tree.value;
  if (tree.kind === "seq") return tree.items.map(plainOf);
  return Object.fromEntries(tree.entries.map(({ key, value }) => [key, plainOf(value)]));
}

/** What a value is, in words; values themselves are not shown, since some are secrets. */
function kindOf(tree: Tree): string {
  if (tree.kind === "map") return "a mapping";
  if (tree.kind === "seq") return "a list";
  return scalarKind(tree);
}

function scalarKind({ value }: ScalarTree): string {
  if (typeof value === "string") return "text";
  if (typeof value === "boolean") return String(value);
  return value === null ? "null" : Number.isInteger(value) ? "a whole number" : "a number";
}

/** A setting by its last key, and by its place where it is one of a list. */
function nameOf(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return "the file";
  return typeof last === "string" ? `"${last}"` : `item ${last + 1} of ${nameOf(path.slice(0, -1))}`;
}

/** Puts one of the schema library's issues into words. */
function reportIssue(issue: z.core.$ZodIssue, tree: Tree, base: Path, report: Report): void {
  const below = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
  const path = [...base, ...below];
  report({ at: placeAt(tree, below), path, ...wordsOf(issue, nameOf(path), scalarAt(tree, below)) });
}

function scalarAt(tree: Tree, path: Path): string | undefined {
  let current: Tree | undefined = tree;
  for (const key of path) current = child(current, key);
  return current?.kind === "scalar" ? String(current.value) : undefined;
}

interface Words {
  readonly message: string;
  readonly expected?: string;
  readonly suggestion?: string | undefined;
}

function wordsOf(issue: z.core.$ZodIssue, name: string, given: string | undefined): Words {
  switch (issue.code) {
    case "invalid_value":
      return {
        message: `${name} cannot be "${given ?? ""}"`,
        expected: oneOf(issue.values),
        suggestion: nearest(given ?? "", issue.values.map(String)),
      };
    case "too_small":
      return {
        message: `${name} is ${given === "" ? "empty" : "too small"}`,
        expected: `${issue.inclusive ? "at least" : "more than"} ${issue.minimum}${unitOf(issue.origin)}`,
      };
    case "too_big":
      return {
        message: `${name} is too large`,
        expected: `${issue.inclusive ? "at most" : "less than"} ${issue.maximum}${unitOf(issue.origin)}`,
      };
    case "invalid_format":
      return {
        message: `${name} has the wrong form`,
        expected: issue.pattern === undefined ? issue.format : `${issue.format} ${issue.pattern}`,
      };
    default:
      return { message: `${name}: ${issue.message}` };
  }
}

function unitOf(origin: string): string {
  if (origin === "string") return " characters";
  return origin === "array" || origin === "set" ? " items" : "";
}

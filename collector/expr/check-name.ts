import { nearestOf } from "../../schemas/model/nearest.ts";
import type { Name, Node, Select } from "./ast.ts";
import type { Checker } from "./check.ts";
import type { Checked } from "./checked.ts";
import { broken, call, coerce, constant } from "./coerce.ts";
import { DYN, isDynamic, STRING, TYPE, typeName } from "./types.ts";
import { needsBox, typeValues, unbox } from "./values.ts";

/** The names of a chain `a.b.c`, outermost last; undefined if it does not start with a name. */
export function chainOf(node: Node): readonly (Name | Select)[] | undefined {
  if (node.kind === "name") return [node];
  if (node.kind !== "select") return undefined;
  const chain: (Name | Select)[] = [];
  let at: Node = node;
  for (; at.kind === "select"; at = at.operand) chain.push(at);
  return at.kind === "name" ? [at, ...chain.reverse()] : undefined;
}

/** The dotted text of a chain. */
export function dotted(chain: readonly (Name | Select)[]): string {
  return chain.map((node) => (node.kind === "name" ? node.name : node.field)).join(".");
}

/** A name or a selection: a macro's variable, else the longest known attribute, else a type; what follows selects from it. */
export function checkName(checker: Checker, node: Name | Select): Checked {
  const chain = chainOf(node);
  if (!chain) return select(checker, checker.check((node as Select).operand), node as Select);
  const root = chain[0] as Name;
  const local = variable(checker, root.name);
  if (local) return selectAll(checker, local, chain.slice(1));
  for (let length = chain.length; length > 0; length--) {
    const name = dotted(chain.slice(0, length));
    const found = checker.attribute(name) ?? typeNamed(name);
    if (found) return selectAll(checker, found, chain.slice(length));
  }
  return unknown(checker, root, chain);
}

function variable(checker: Checker, name: string): Checked | undefined {
  const local = checker.local(name);
  if (!local) return undefined;
  const { type, index } = local;
  const read: Checked = { op: "local", type, index, name };
  return needsBox(type) ? call("unbox", type, [read], unbox) : read;
}

function typeNamed(name: string): Checked | undefined {
  const value = typeValues.get(name);
  return value && constant(TYPE, value);
}

function unknown(checker: Checker, root: Name, chain: readonly (Name | Select)[]): Checked {
  const whole = dotted(chain);
  const meant = nearestOf(
    chain.map((_, i) => dotted(chain.slice(0, chain.length - i))),
    checker.environment.names(),
  );
  const hint = chain.length === 1 ? '; a text is written in quotes: "..."' : "";
  const tail = meant === undefined ? hint : `; did you mean ${meant}?`;
  return checker.report(root.at, `unknown attribute ${JSON.stringify(whole)}${tail}`, meant);
}

function selectAll(checker: Checker, start: Checked, rest: readonly (Name | Select)[]): Checked {
  let node = start;
  for (const step of rest) node = select(checker, node, step as Select);
  return node;
}

/** The value of a map at a field name. */
function select(checker: Checker, operand: Checked, { at, field }: Select): Checked {
  const { type } = operand;
  if (type.kind === "error") return broken;
  const fits = isDynamic(type) || (type.kind === "map" && (isDynamic(type.key) || type.key.kind === "STRING"));
  if (fits) return keyOf(operand, constant(STRING, field));
  const name = operand.op === "attribute" ? `${operand.name}.${field}` : undefined;
  if (name === undefined) return checker.report(at, `${typeName(type)} has no fields, so .${field} means nothing here`);
  const hint = `${(operand as { name: string }).name} is ${typeName(type)} and has no fields`;
  const meant = nearestOf([name], checker.environment.names());
  const tail = meant === undefined ? "" : `; did you mean ${meant}?`;
  return checker.report(at, `unknown attribute ${JSON.stringify(name)}: ${hint}${tail}`, meant);
}

/** `map[key]` with the value in the form of its type. */
export function keyOf(map: Checked, key: Checked): Checked {
  const value = map.type.kind === "map" ? map.type.value : DYN;
  const read: Checked = { op: "key", type: value, map, key: coerce(key, DYN) };
  return needsBox(value) ? call("unbox", value, [read], unbox) : read;
}

import type { Node } from "../../collector/expr/ast.ts";

/** Attributes by name. */
export type Attributes = ReadonlyMap<string, unknown>;

const absent = Symbol("absent");

/** Walks a syntax tree for each record, as a plain rule engine does: no slots, no closures, no index. `undefined` if a value is absent. */
export function interpret(node: Node, attributes: Attributes): unknown {
  const value = walk(node, attributes);
  return value === absent ? undefined : value;
}

function walk(node: Node, attributes: Attributes): unknown {
  switch (node.kind) {
    case "literal":
      return node.value;
    case "name":
    case "select":
      return attributes.get(nameOf(node)) ?? absent;
    case "default":
      return firstPresent(node.operands, attributes);
    case "and":
      return node.operands.every((operand) => walk(operand, attributes) === true);
    case "or":
      return node.operands.some((operand) => walk(operand, attributes) === true);
    case "conditional":
      return walk(walk(node.test, attributes) === true ? node.yes : node.no, attributes);
    case "list":
      return node.elements.map((element) => walk(element, attributes));
    case "call":
      return call(node.name, [...(node.target ? [node.target] : []), ...node.args], attributes);
    default:
      throw new Error(`the baseline does not know ${node.kind}`);
  }
}

function nameOf(node: Node): string {
  if (node.kind === "name") return node.name;
  if (node.kind === "select") return `${nameOf(node.operand)}.${node.field}`;
  throw new Error("not a name");
}

function firstPresent(operands: readonly Node[], attributes: Attributes): unknown {
  for (const operand of operands) {
    const value = walk(operand, attributes);
    if (value !== absent) return value;
  }
  return absent;
}

function call(name: string, operands: readonly Node[], attributes: Attributes): unknown {
  const values = operands.map((operand) => walk(operand, attributes));
  if (values.includes(absent)) return absent;
  const [a, b] = values;
  switch (name) {
    case "_==_":
      return a === b;
    case "_!=_":
      return a !== b;
    case "_+_":
      return (a as string) + (b as string);
    case "!_":
      return a !== true;
    case "@in":
      return (b as unknown[]).includes(a);
    case "_[_]":
      return (a as ReadonlyMap<string, string>).get(b as string) ?? absent;
    case "startsWith":
      return (a as string).startsWith(b as string);
    default:
      throw new Error(`the baseline does not know ${name}`);
  }
}

import type { Type } from "./types.ts";

/*
 * What front ends hand to the checker. Operators are calls of functions named as in CEL: `_+_`, `_==_`, `!_`, `-_`,
 * `_[_]`, `@in`. `&&`, `||` and `|` take any number of operands, so that long chains stay flat.
 */

/** A node of the syntax tree. `at` is an offset into the text: where a message about the node points. */
export type Node =
  | Literal
  | Name
  | Select
  | Call
  | Logic
  | Conditional
  | Default
  | Has
  | ListLiteral
  | MapLiteral
  | Comprehension
  | Bind;

/** A constant. */
export interface Literal {
  readonly kind: "literal";
  readonly at: number;
  readonly type: Type;
  /** Raw value of the type. */
  readonly value: unknown;
}

/** A name of one part; the checker joins selections of names to the longest known attribute name. */
export interface Name {
  readonly kind: "name";
  readonly at: number;
  readonly name: string;
}

/** `operand.field`. */
export interface Select {
  readonly kind: "select";
  readonly at: number;
  readonly operand: Node;
  readonly field: string;
}

/** A function or, with a target, a method. The target may turn out to be the namespace of a function. */
export interface Call {
  readonly kind: "call";
  readonly at: number;
  readonly name: string;
  readonly target?: Node;
  readonly args: readonly Node[];
}

/** `a && b && c`, `a || b || c`. */
export interface Logic {
  readonly kind: "and" | "or";
  /** Of the first operator. */
  readonly at: number;
  readonly operands: readonly Node[];
}

/** `test ? yes : no`. */
export interface Conditional {
  readonly kind: "conditional";
  readonly at: number;
  readonly test: Node;
  readonly yes: Node;
  readonly no: Node;
}

/** `a | b | c`: the first that is not absent. */
export interface Default {
  readonly kind: "default";
  readonly at: number;
  readonly operands: readonly Node[];
}

/** `has(operand)`. */
export interface Has {
  readonly kind: "has";
  readonly at: number;
  readonly operand: Node;
}

/** `[a, b]`. */
export interface ListLiteral {
  readonly kind: "list";
  readonly at: number;
  readonly elements: readonly Node[];
}

/** `{key: value}`. */
export interface MapLiteral {
  readonly kind: "map";
  readonly at: number;
  readonly entries: readonly { readonly key: Node; readonly value: Node }[];
}

/** What a macro over a list or map does with each element. */
export type ComprehensionKind = "all" | "exists" | "existsOne" | "filter" | "map" | "transformMap";

/** A macro over the elements of a list or the keys of a map. */
export interface Comprehension {
  readonly kind: "comprehension";
  readonly at: number;
  readonly does: ComprehensionKind;
  readonly range: Node;
  /** One name: the element or key. Two: index and element, or key and value. */
  readonly names: readonly string[];
  /** For `map` and `transformMap`: elements it is false for are left out. */
  readonly filter?: Node;
  readonly body: Node;
}

/** A name for a value: `cel.bind(name, value, body)`. */
export interface Bind {
  readonly kind: "bind";
  readonly at: number;
  readonly name: string;
  readonly value: Node;
  readonly body: Node;
}

/** The nodes right below a node. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case "literal":
    case "name":
      return [];
    case "select":
    case "has":
      return [node.operand];
    case "call":
      return node.target ? [node.target, ...node.args] : node.args;
    case "and":
    case "or":
    case "default":
      return node.operands;
    case "conditional":
      return [node.test, node.yes, node.no];
    case "list":
      return node.elements;
    case "map":
      return node.entries.flatMap(({ key, value }) => [key, value]);
    case "comprehension":
      return node.filter ? [node.range, node.filter, node.body] : [node.range, node.body];
    case "bind":
      return [node.value, node.body];
  }
}

/** Where a message about the value of a node points: at the first name of a chain, at the operator of an operation. */
export function startOf(node: Node): number {
  if (node.kind === "select") return startOf(node.operand);
  if (node.kind !== "call") return node.at;
  const inner = node.name === "_[_]" ? node.args[0] : node.target;
  return inner ? startOf(inner) : node.at;
}

/** The first node that lies deeper than `limit`, found without recursion; undefined if none does. */
export function deeperThan(root: Node, limit: number): Node | undefined {
  let level: readonly Node[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === limit) return level[0];
    level = level.flatMap(childrenOf);
  }
  return undefined;
}

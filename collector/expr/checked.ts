import type { Steps } from "./steps.ts";
import type { Type } from "./types.ts";

/*
 * What the checker hands to the planner: every node has its type, every name is resolved, and conversions between raw
 * and boxed values (values.ts) are calls like any other.
 */

/** Applies a function to values; failures never reach it. */
export type Apply = (a: unknown, b: unknown, c: unknown, d: unknown) => unknown;

/** The same for functions whose work grows with lists: they take steps, and fail when none are left. */
export type ApplyWithSteps = (a: unknown, b: unknown, steps: Steps) => unknown;

/** A node of a checked expression. */
export type Checked =
  | Constant
  | { readonly op: "attribute"; readonly type: Type; readonly slot: number; readonly name: string }
  | { readonly op: "local"; readonly type: Type; readonly index: number; readonly name: string }
  | CheckedCall
  | { readonly op: "and" | "or"; readonly type: Type; readonly operands: readonly Checked[] }
  | {
      readonly op: "conditional";
      readonly type: Type;
      readonly test: Checked;
      readonly yes: Checked;
      readonly no: Checked;
    }
  | { readonly op: "default"; readonly type: Type; readonly operands: readonly Checked[] }
  | { readonly op: "has"; readonly type: Type; readonly operand: Checked }
  | CheckedKey
  | { readonly op: "list"; readonly type: Type; readonly elements: readonly Checked[] }
  | { readonly op: "map"; readonly type: Type; readonly keys: readonly Checked[]; readonly values: readonly Checked[] }
  | CheckedComprehension
  | {
      readonly op: "bind";
      readonly type: Type;
      readonly index: number;
      readonly value: Checked;
      readonly body: Checked;
    };

/** A value that is known; raw unless the type is dynamic. */
export interface Constant {
  readonly op: "constant";
  readonly type: Type;
  readonly value: unknown;
}

/** A function applied to values in the forms that it takes. */
export interface CheckedCall {
  readonly op: "call";
  readonly type: Type;
  readonly name: string;
  readonly args: readonly Checked[];
  readonly apply: Apply;
  /** Set instead of `apply` being used where the function takes steps. */
  readonly applyWithSteps?: ApplyWithSteps;
}

/** `map[key]`, `map.key` and `key in map`; the key is boxed. */
export interface CheckedKey {
  readonly op: "key" | "hasKey";
  readonly type: Type;
  readonly map: Checked;
  readonly key: Checked;
}

/** A macro over a list or map. */
export interface CheckedComprehension {
  readonly op: "comprehension";
  readonly type: Type;
  readonly does: "all" | "exists" | "existsOne" | "filter" | "map" | "transformMap";
  readonly range: Checked;
  /** Where the variables live: the element or key; or index and element, or key and value. */
  readonly first: number;
  readonly second: number | undefined;
  readonly filter: Checked | undefined;
  /** Boxed where it becomes an element. */
  readonly body: Checked;
}

/** The nodes right below a checked node. */
export function partsOf(node: Checked): readonly Checked[] {
  switch (node.op) {
    case "constant":
    case "attribute":
    case "local":
      return [];
    case "call":
      return node.args;
    case "and":
    case "or":
    case "default":
      return node.operands;
    case "conditional":
      return [node.test, node.yes, node.no];
    case "has":
      return [node.operand];
    case "key":
    case "hasKey":
      return [node.map, node.key];
    case "list":
      return node.elements;
    case "map":
      return [...node.keys, ...node.values];
    case "comprehension":
      return node.filter ? [node.range, node.filter, node.body] : [node.range, node.body];
    case "bind":
      return [node.value, node.body];
  }
}

import type { Checked } from "./checked.ts";
import { equalPrimitives } from "./equality.ts";
import type { Condition, Requirement } from "./expression.ts";
import { isText } from "./types.ts";

/** What must hold for the whole to be true: `attribute == literal`, and truth values alone or negated, joined by `&&` at the top. */
export function requirementsOf(node: Checked): Requirement[] {
  if (node.op === "and") return node.operands.flatMap(requirementsOf);
  if (node.op === "attribute" && node.type.kind === "BOOL") return [{ slot: node.slot, value: true }];
  if (node.op !== "call") return [];
  const [a, b] = node.args;
  if (node.name === "!_" && a?.op === "attribute") return [{ slot: a.slot, value: false }];
  if (node.apply !== equalPrimitives || !a || !b) return [];
  return equality(a, b) ?? equality(b, a) ?? [];
}

function equality(side: Checked, literal: Checked): Requirement[] | undefined {
  if (side.op !== "attribute" || literal.op !== "constant") return undefined;
  const { kind } = side.type;
  const { value } = literal;
  const usable = isText(side.type) || kind === "INT64" || kind === "BOOL" || kind === "IP_ADDRESS";
  if (!usable || (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean"))
    return undefined;
  return [{ slot: side.slot, value }];
}

/** Calls of one attribute and constants, joined by `&&` at the top, each by itself. */
export function conditionsOf(node: Checked, evaluator: (node: Checked) => Condition["evaluate"]): Condition[] {
  if (node.op === "and") return node.operands.flatMap((operand) => conditionsOf(operand, evaluator));
  if (node.op !== "call") return [];
  const attributes = node.args.filter((arg) => arg.op === "attribute");
  const rest = node.args.filter((arg) => arg.op !== "attribute");
  const [first] = attributes;
  if (attributes.length !== 1 || first === undefined || !rest.every(({ op }) => op === "constant")) return [];
  return [{ slot: first.slot, evaluate: evaluator(node) }];
}

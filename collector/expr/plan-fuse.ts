import { absentAttribute } from "./absence.ts";
import type { Checked, CheckedCall } from "./checked.ts";
import { differentPrimitives, equalPrimitives, isElement } from "./equality.ts";
import { EvalFailure } from "./expression.ts";
import type { Plan, PlanContext } from "./plan-context.ts";
import { fuseDefault } from "./plan-fuse-default.ts";
import { type Probed, probe } from "./plan-probe.ts";

type Attribute = Extract<Checked, { op: "attribute" }>;

/**
 * One closure for a common shape of several nodes, such as attribute-operator-literal; undefined if the node has none.
 * A tracked evaluation tells of every read, so nothing is fused in it.
 */
export function fuse(node: Checked, context: PlanContext): Plan | undefined {
  if (context.touched || context.loops > 0) return undefined;
  if (node.op === "call") return fuseEquality(node, context) ?? fuseOrder(node) ?? fuseMember(node);
  if (node.op === "or") return fuseChoices(node.operands);
  if (node.op === "default") return fuseDefault(node.operands, context);
  if (node.op === "has" && node.operand.op === "attribute") return isPresent(node.operand.slot);
  return undefined;
}

function isPresent(slot: number): Plan {
  return (values) => values[slot] !== undefined;
}

/** The side that is no constant, and the constant, whichever way round they stand. */
function withConstant({ args }: CheckedCall): readonly [Checked, unknown] | undefined {
  const [a, b] = args;
  if (!a || !b || args.length !== 2) return undefined;
  if (b.op === "constant") return [a, b.value];
  return a.op === "constant" ? [b, a.value] : undefined;
}

function isEquality(node: Checked): node is CheckedCall {
  return node.op === "call" && node.apply === equalPrimitives;
}

function fuseEquality(node: CheckedCall, context: PlanContext): Plan | undefined {
  const equal = node.apply === equalPrimitives;
  if (!equal && node.apply !== differentPrimitives) return undefined;
  const sides = withConstant(node);
  if (!sides) return undefined;
  const [side, value] = sides;
  if (side.op === "attribute") return equal ? isEqual(side, value) : isDifferent(side, value);
  const found = probe(side, context);
  return found && compareProbe(found, value, equal);
}

function isEqual({ slot, name }: Attribute, expected: unknown): Plan {
  const absent = absentAttribute(name);
  return (values) => {
    const value = values[slot];
    return value === undefined ? absent : value === expected;
  };
}

function isDifferent({ slot, name }: Attribute, expected: unknown): Plan {
  const absent = absentAttribute(name);
  return (values) => {
    const value = values[slot];
    return value === undefined ? absent : value !== expected;
  };
}

function compareProbe({ read, absent }: Probed, expected: unknown, equal: boolean): Plan {
  if (!equal) {
    return (values) => {
      const value = read(values);
      return value === undefined ? absent(values) : value !== expected;
    };
  }
  return (values) => {
    const value = read(values);
    return value === undefined ? absent(values) : value === expected;
  };
}

const mirrored: Readonly<Record<string, string>> = { "_<_": "_>_", "_<=_": "_>=_", "_>_": "_<_", "_>=_": "_<=_" };

/** Order of an attribute and a constant where JavaScript's own comparison is right: whole and real numbers, durations. */
function fuseOrder(node: CheckedCall): Plan | undefined {
  const [a, b] = node.args;
  const flipped = mirrored[node.name];
  if (!a || !b || flipped === undefined) return undefined;
  if (a.op === "attribute" && b.op === "constant") return order(node.name, a, b.value, b.type.kind);
  return b.op === "attribute" && a.op === "constant" ? order(flipped, b, a.value, a.type.kind) : undefined;
}

function order(
  name: string,
  { type, slot, name: attribute }: Attribute,
  limit: unknown,
  kind: string,
): Plan | undefined {
  const plain = type.kind === "DURATION" || type.kind === "INT64" || type.kind === "DOUBLE";
  if (!plain || type.kind !== kind) return undefined;
  const absent = absentAttribute(attribute);
  return orders[name]?.(slot, limit as number, absent);
}

/** Each operator has a closure of its own, so that the comparison in it meets one kind of operand. */
const orders: Readonly<Record<string, (slot: number, limit: number, absent: EvalFailure) => Plan>> = {
  "_<_": (slot, limit, absent) => (values) => {
    const value = values[slot];
    return typeof value === "number"
      ? value < limit
      : typeof value === "bigint"
        ? value < limit
        : missing(value, absent);
  },
  "_<=_": (slot, limit, absent) => (values) => {
    const value = values[slot];
    return typeof value === "number"
      ? value <= limit
      : typeof value === "bigint"
        ? value <= limit
        : missing(value, absent);
  },
  "_>_": (slot, limit, absent) => (values) => {
    const value = values[slot];
    return typeof value === "number"
      ? value > limit
      : typeof value === "bigint"
        ? value > limit
        : missing(value, absent);
  },
  "_>=_": (slot, limit, absent) => (values) => {
    const value = values[slot];
    return typeof value === "number"
      ? value >= limit
      : typeof value === "bigint"
        ? value >= limit
        : missing(value, absent);
  },
};

const noNumber = new EvalFailure("fault", "the attribute holds no number");

function missing(value: unknown, absent: EvalFailure): EvalFailure {
  return value === undefined ? absent : noNumber;
}

/** `attribute in [constants]`. */
function fuseMember({ applyWithSteps, args }: CheckedCall): Plan | undefined {
  const [side, list] = args;
  if (applyWithSteps !== isElement || side?.op !== "attribute" || list?.op !== "constant") return undefined;
  const choices = list.value as readonly unknown[];
  return choices.every(isPlain) ? oneOf(side, choices) : undefined;
}

/** True for boxed values that equal only what is the same primitive. */
function isPlain(value: unknown): boolean {
  const type = typeof value;
  return type === "string" || type === "number" || type === "bigint" || type === "boolean";
}

/** `a == "x" || a == "y" || ...` on one attribute. */
function fuseChoices(operands: readonly Checked[]): Plan | undefined {
  const sides = operands.map((operand) => (isEquality(operand) ? withConstant(operand) : undefined));
  const first = sides[0]?.[0];
  if (first?.op !== "attribute" || first.type.kind === "DOUBLE") return undefined;
  const same = sides.every((side) => side?.[0].op === "attribute" && side[0].slot === first.slot);
  return same
    ? oneOf(
        first,
        sides.map((side) => side?.[1]),
      )
    : undefined;
}

function oneOf({ slot, name }: Attribute, choices: readonly unknown[]): Plan {
  const absent = absentAttribute(name);
  const [a, b, c] = choices;
  if (choices.length === 2) {
    return (values) => {
      const value = values[slot];
      return value === undefined ? absent : value === a || value === b;
    };
  }
  if (choices.length === 3) {
    return (values) => {
      const value = values[slot];
      return value === undefined ? absent : value === a || value === b || value === c;
    };
  }
  const set = new Set(choices);
  return (values) => {
    const value = values[slot];
    return value === undefined ? absent : set.has(value);
  };
}

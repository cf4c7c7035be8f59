import type { Apply, ApplyWithSteps, Checked, Constant } from "./checked.ts";
import { EvalFailure } from "./expression.ts";
import { Steps } from "./steps.ts";
import { DYN, ERROR, isDynamic, type Type } from "./types.ts";
import { box, needsBox, unboxAs } from "./values.ts";

/** Stands for a part that a problem was reported about, so that nothing else is reported about it. */
export const broken: Constant = { op: "constant", type: ERROR, value: null };

/** A constant of raw value. */
export function constant(type: Type, value: unknown): Constant {
  return { op: "constant", type, value };
}

/** A call, or its value where all arguments are constants and it does not fail. */
export function call(name: string, type: Type, args: readonly Checked[], apply: Apply): Checked {
  const value = fold(args, ([a, b, c, d]) => apply(a, b, c, d));
  return value === undefined ? { op: "call", type, name, args, apply } : constant(type, value);
}

/** The same for a function that takes steps. */
export function callWithSteps(
  name: string,
  type: Type,
  args: readonly Checked[],
  applyWithSteps: ApplyWithSteps,
): Checked {
  const value = fold(args, ([a, b]) => applyWithSteps(a, b, new Steps()));
  if (value !== undefined) return constant(type, value);
  return { op: "call", type, name, args, applyWithSteps, apply: (a, b) => applyWithSteps(a, b, new Steps()) };
}

function fold(args: readonly Checked[], apply: (values: readonly unknown[]) => unknown): unknown {
  const values = args.map((arg) => (arg.op === "constant" ? arg.value : undefined));
  if (args.some((arg) => arg.op !== "constant" || arg.type.kind === "error")) return undefined;
  const value = apply(values);
  return value instanceof EvalFailure ? undefined : value;
}

/** The node in the form that a place of type `to` takes: raw, or boxed where `to` is dynamic. The types must be assignable. */
export function coerce(node: Checked, to: Type): Checked {
  const from = node.type;
  if (isDynamic(to)) return needsBox(from) ? call("box", DYN, [node], (value) => box(value, from)) : node;
  if (isDynamic(from)) return call("unbox", to, [node], (value) => unboxAs(value, to));
  return node;
}

import type { Apply, CheckedCall } from "./checked.ts";
import { differentPrimitives, equalPrimitives } from "./equality.ts";
import { EvalFailure } from "./expression.ts";
import type { Plan, PlanContext } from "./plan-context.ts";
import { tooManySteps } from "./steps.ts";

/** The closure of a call: arguments from left to right, the first failure is the result. */
export function planCall(node: CheckedCall, context: PlanContext): Plan {
  const apply = applyOf(node, context);
  const args = node.args.map((arg) => context.plan(arg));
  const [a, b, c, d] = args;
  if (!a) return () => apply(undefined, undefined, undefined, undefined);
  if (!b) return call1(apply, a);
  const [first, second] = node.args;
  if (!c && second?.op === "constant") return callConstant(apply, a, second.value);
  if (!c && first?.op === "constant") return callOnConstant(apply, first.value, b);
  if (!c) return call2(apply, a, b);
  return callMany(apply, a, b, c, d);
}

function applyOf(node: CheckedCall, context: PlanContext): Apply {
  if (node.apply !== equalPrimitives && node.apply !== differentPrimitives) context.mayThrow = true;
  const { steps } = context;
  const { applyWithSteps } = node;
  if (applyWithSteps) context.takesSteps = true;
  const apply: Apply = applyWithSteps ? (a, b) => applyWithSteps(a, b, steps) : node.apply;
  if (context.loops === 0 || node.name === "box" || node.name === "unbox") return apply;
  return (a, b, c, d) => (steps.take(1 + weight(a) + weight(b) + weight(c)) ? apply(a, b, c, d) : tooManySteps);
}

/** Steps for the size of an argument: inside macros, work on long texts and lists counts. */
function weight(value: unknown): number {
  return typeof value === "string" || Array.isArray(value) ? value.length >> 4 : 0;
}

function call1(apply: Apply, first: Plan): Plan {
  return (values) => {
    const a = first(values);
    return a instanceof EvalFailure ? a : apply(a, undefined, undefined, undefined);
  };
}

function callConstant(apply: Apply, first: Plan, b: unknown): Plan {
  return (values) => {
    const a = first(values);
    return a instanceof EvalFailure ? a : apply(a, b, undefined, undefined);
  };
}

function callOnConstant(apply: Apply, a: unknown, second: Plan): Plan {
  return (values) => {
    const b = second(values);
    return b instanceof EvalFailure ? b : apply(a, b, undefined, undefined);
  };
}

function call2(apply: Apply, first: Plan, second: Plan): Plan {
  return (values) => {
    const a = first(values);
    if (a instanceof EvalFailure) return a;
    const b = second(values);
    return b instanceof EvalFailure ? b : apply(a, b, undefined, undefined);
  };
}

function callMany(apply: Apply, first: Plan, second: Plan, third: Plan, fourth: Plan | undefined): Plan {
  return (values) => {
    const a = first(values);
    if (a instanceof EvalFailure) return a;
    const b = second(values);
    if (b instanceof EvalFailure) return b;
    const c = third(values);
    if (c instanceof EvalFailure) return c;
    const d = fourth?.(values);
    return d instanceof EvalFailure ? d : apply(a, b, c, d);
  };
}

import type { Checked } from "./checked.ts";
import { EvalFailure } from "./expression.ts";
import type { Plan, PlanContext } from "./plan-context.ts";

/**
 * `&&` and `||`: evaluated from left to right until a side decides. A side that decides makes failures of the others
 * void (CEL language definition, "Logical Operators"); without one, the first failure is the result.
 */
export function planLogic(op: "and" | "or", operands: readonly Checked[], context: PlanContext): Plan {
  const plans = operands.map((operand) => context.plan(operand));
  const [a, b] = plans;
  if (plans.length === 2 && a && b) return op === "and" ? and(a, b) : or(a, b);
  return op === "and" ? decidedBy(false, plans) : decidedBy(true, plans);
}

function and(left: Plan, right: Plan): Plan {
  return (values) => {
    const a = left(values);
    if (a === false) return false;
    const b = right(values);
    return a === true || b === false ? b : a;
  };
}

function or(left: Plan, right: Plan): Plan {
  return (values) => {
    const a = left(values);
    if (a === true) return true;
    const b = right(values);
    return a === false || b === true ? b : a;
  };
}

function decidedBy(decisive: boolean, plans: readonly Plan[]): Plan {
  return (values) => {
    let result: unknown = !decisive;
    for (let i = 0; i < plans.length; i++) {
      const value = (plans[i] as Plan)(values);
      if (value === decisive) return decisive;
      if (value instanceof EvalFailure && result === !decisive) result = value;
    }
    return result;
  };
}

/** `test ? yes : no`: only one branch is evaluated. */
export function planConditional(
  node: Extract<Checked, { op: "conditional" }>,
  context: PlanContext,
  keyed: boolean,
): Plan {
  const test = context.plan(node.test);
  const yes = context.plan(node.yes, keyed);
  const no = context.plan(node.no, keyed);
  return (values) => {
    const decision = test(values);
    return decision === true ? yes(values) : decision === false ? no(values) : decision;
  };
}

/** `a | b | c`: the first that is not absent; a fault ends it. */
export function planDefault(operands: readonly Checked[], context: PlanContext, keyed: boolean): Plan {
  const plans = operands.map((operand) => context.plan(operand, keyed));
  const last = plans.pop() as Plan;
  return (values) => {
    for (let i = 0; i < plans.length; i++) {
      const value = (plans[i] as Plan)(values);
      if (!(value instanceof EvalFailure) || value.kind !== "absent") return value;
    }
    return last(values);
  };
}

/** `has(x)`: false if absent, true if there is a value; a fault stays one. */
export function planHas(operand: Plan): Plan {
  return (values) => {
    const value = operand(values);
    if (!(value instanceof EvalFailure)) return true;
    return value.kind === "absent" ? false : value;
  };
}

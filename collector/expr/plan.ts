import { absentAttribute } from "./absence.ts";
import type { Checked } from "./checked.ts";
import { EvalFailure } from "./expression.ts";
import { literalMap } from "./literal-map.ts";
import { planCall } from "./plan-call.ts";
import { planComprehension } from "./plan-comprehension.ts";
import { type Plan, PlanContext } from "./plan-context.ts";
import { fuse } from "./plan-fuse.ts";
import { planHasKey, planKey } from "./plan-key.ts";
import { planConditional, planDefault, planHas, planLogic } from "./plan-logic.ts";
import { tooManySteps } from "./steps.ts";
import type { Touched } from "./touched.ts";

/** The closure of an expression, and what is to be known of it; `touched` is told what each evaluation reads. */
export function plan(root: Checked, touched?: Touched): { readonly evaluate: Plan; readonly context: PlanContext } {
  const context = new PlanContext(
    (node, context, keyed) => fuse(node, context) ?? planNode(node, context, keyed),
    touched,
  );
  return { evaluate: context.plan(root), context };
}

function planNode(node: Checked, context: PlanContext, keyed: boolean): Plan {
  switch (node.op) {
    case "constant":
      return always(node.value);
    case "attribute":
      return context.touched ? trackedAttribute(node, context, keyed) : attribute(node.slot, node.name);
    case "local":
      return local(node.index, context.locals);
    case "call":
      return planCall(node, context);
    case "and":
    case "or":
      return planLogic(node.op, node.operands, context);
    case "conditional":
      return planConditional(node, context, keyed);
    case "default":
      return planDefault(node.operands, context, keyed);
    case "has":
      return planHas(context.plan(node.operand, true));
    case "key":
      return planKey(node, context);
    case "hasKey":
      return planHasKey(node, context);
    case "list":
      return planList(
        node.elements.map((element) => context.plan(element)),
        context,
      );
    case "map":
      return planMap(node.keys, node.values, context);
    case "comprehension":
      return planComprehension(node, context);
    case "bind":
      return planBind(node.index, context.plan(node.value), context.plan(node.body), context.locals);
  }
}

function always(value: unknown): Plan {
  return () => value;
}

function attribute(slot: number, name: string): Plan {
  const absent = absentAttribute(name);
  return (values) => {
    const value = values[slot];
    return value === undefined ? absent : value;
  };
}

function trackedAttribute(
  { slot, name, type }: Extract<Checked, { op: "attribute" }>,
  { touched }: PlanContext,
  keyed: boolean,
): Plan {
  const absent = absentAttribute(name);
  const whole = type.kind === "map" && !keyed;
  return (values) => {
    const value = values[slot];
    touched?.attribute(slot, value);
    if (whole && value !== undefined) touched?.whole(slot);
    return value === undefined ? absent : value;
  };
}

function local(index: number, locals: readonly unknown[]): Plan {
  return () => locals[index];
}

function planBind(index: number, value: Plan, body: Plan, locals: unknown[]): Plan {
  return (values) => {
    locals[index] = value(values);
    return body(values);
  };
}

function planList(elements: readonly Plan[], context: PlanContext): Plan {
  context.takesSteps = true;
  const { steps } = context;
  return (values) => {
    if (!steps.take(elements.length)) return tooManySteps;
    const list: unknown[] = [];
    for (const element of elements) {
      const value = element(values);
      if (value instanceof EvalFailure) return value;
      list.push(value);
    }
    return list;
  };
}

function planMap(keys: readonly Checked[], members: readonly Checked[], context: PlanContext): Plan {
  const keyList = planList(
    keys.map((key) => context.plan(key)),
    context,
  );
  const valueList = planList(
    members.map((member) => context.plan(member)),
    context,
  );
  return (values) => {
    const boxedKeys = keyList(values);
    if (boxedKeys instanceof EvalFailure) return boxedKeys;
    const boxed = valueList(values);
    return boxed instanceof EvalFailure ? boxed : literalMap(boxedKeys as unknown[], boxed as unknown[]);
  };
}

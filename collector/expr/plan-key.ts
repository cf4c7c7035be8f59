import { absentKey } from "./absence.ts";
import type { CheckedKey } from "./checked.ts";
import { isElement } from "./equality.ts";
import { EvalFailure } from "./expression.ts";
import { elementAt } from "./functions/lists.ts";
import type { Plan, PlanContext } from "./plan-context.ts";
import { celTypeName, isMap, toKey } from "./values.ts";

/** `map[key]`: the boxed value, or the failure that it is absent. */
export function planKey(node: CheckedKey, context: PlanContext): Plan {
  const absent = absentKey(node.map, node.key);
  const { touched } = context;
  return lookup(node, context, (map, boxed) => {
    if (Array.isArray(map)) return elementAt(map, boxed);
    if (!isMap(map)) return new EvalFailure("fault", `${celTypeName(map)} has no keys`);
    const key = toKey(boxed);
    const value = key === undefined ? undefined : map.get(key);
    touched?.key(map, key, value !== undefined);
    return value === undefined ? absent : value;
  });
}

/** `key in map`. */
export function planHasKey(node: CheckedKey, context: PlanContext): Plan {
  const { touched, steps } = context;
  context.takesSteps = true;
  return lookup(node, context, (map, boxed) => {
    if (Array.isArray(map)) return isElement(boxed, map, steps);
    if (!isMap(map)) return new EvalFailure("fault", `the right side of in is ${celTypeName(map)}, not a list or map`);
    const key = toKey(boxed);
    const present = key !== undefined && map.has(key);
    touched?.key(map, key, present);
    return present;
  });
}

/** Evaluates the map first: if it is absent, the key is never read. */
function lookup(node: CheckedKey, context: PlanContext, read: (map: unknown, key: unknown) => unknown): Plan {
  context.mayThrow = true;
  const findMap = context.plan(node.map, true);
  const findKey = context.plan(node.key);
  return (values) => {
    const map = findMap(values);
    if (map instanceof EvalFailure) return map;
    const key = findKey(values);
    return key instanceof EvalFailure ? key : read(map, key);
  };
}

import type { CheckedComprehension } from "./checked.ts";
import { EvalFailure } from "./expression.ts";
import { literalMap } from "./literal-map.ts";
import type { Plan, PlanContext } from "./plan-context.ts";
import { tooManySteps } from "./steps.ts";
import { boxKey, celTypeName, isMap } from "./values.ts";

/** What a macro goes through: elements, with their keys if they come from a map. */
interface Items {
  readonly keys: readonly unknown[] | undefined;
  readonly elements: readonly unknown[];
}

/** Gathers the results of a macro. */
interface Gather {
  /** Takes the result of one element; anything but undefined ends the macro with that result. */
  add(result: unknown, key: unknown, element: unknown): unknown;
  /** The result when all elements have been seen. */
  end(): unknown;
}

/** A macro over a list or the keys of a map. Each element takes a step. */
export function planComprehension(node: CheckedComprehension, context: PlanContext): Plan {
  context.takesSteps = true;
  context.mayThrow = true;
  const range = context.plan(node.range);
  context.loops++;
  const filter = node.filter && context.plan(node.filter);
  const body = context.plan(node.body);
  context.loops--;
  const { locals, steps } = context;
  const { does, first, second } = node;
  const pairs = second !== undefined || does === "transformMap";
  return (values) => {
    const value = range(values);
    if (value instanceof EvalFailure) return value;
    const items = itemsOf(value, pairs);
    if (!items) return new EvalFailure("fault", `${does}() takes a list or a map, got ${celTypeName(value)}`);
    const gather = gathers[does]();
    for (let i = 0; i < items.elements.length; i++) {
      if (!steps.take(1)) return tooManySteps;
      const key = items.keys ? items.keys[i] : i;
      locals[first] = second === undefined ? items.elements[i] : key;
      if (second !== undefined) locals[second] = items.elements[i];
      const wanted = filter ? filter(values) : true;
      if (wanted === false) continue;
      const result = wanted === true ? body(values) : wanted;
      const end = gather.add(result, key, items.elements[i]);
      if (end !== undefined) return end;
    }
    return gather.end();
  };
}

function itemsOf(value: unknown, pairs: boolean): Items | undefined {
  if (Array.isArray(value)) return { keys: undefined, elements: value };
  if (!isMap(value)) return undefined;
  const keys = [...value.keys()].map((key) => boxKey(value, key));
  return { keys, elements: pairs ? [...value.values()] : keys };
}

const gathers: Readonly<Record<CheckedComprehension["does"], () => Gather>> = {
  all: () => decidedBy(false),
  exists: () => decidedBy(true),
  existsOne: countOne,
  filter: gatherFiltered,
  map: gatherList,
  transformMap: gatherMap,
};

/** As `&&` and `||` do: a deciding element makes failures of others void. */
function decidedBy(decisive: boolean): Gather {
  let outcome: unknown = !decisive;
  return {
    add: (result) => {
      if (result === decisive) return decisive;
      if (result instanceof EvalFailure && outcome === !decisive) outcome = result;
      return result === tooManySteps ? result : undefined;
    },
    end: () => outcome,
  };
}

function countOne(): Gather {
  let count = 0;
  return {
    add: (result) => {
      if (result instanceof EvalFailure) return result;
      if (result === true) count++;
      return undefined;
    },
    end: () => count === 1,
  };
}

function gatherFiltered(): Gather {
  const kept: unknown[] = [];
  return {
    add: (result, _key, element) => {
      if (result instanceof EvalFailure) return result;
      if (result === true) kept.push(element);
      return undefined;
    },
    end: () => kept,
  };
}

function gatherList(): Gather {
  const list: unknown[] = [];
  return {
    add: (result) => {
      if (result instanceof EvalFailure) return result;
      list.push(result);
      return undefined;
    },
    end: () => list,
  };
}

function gatherMap(): Gather {
  const keys: unknown[] = [];
  const values: unknown[] = [];
  return {
    add: (result, key) => {
      if (result instanceof EvalFailure) return result;
      keys.push(key);
      values.push(result);
      return undefined;
    },
    end: () => literalMap(keys, values),
  };
}

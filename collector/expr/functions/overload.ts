import type { Apply } from "../checked.ts";
import { EvalFailure } from "../expression.ts";
import type { Type } from "../types.ts";
import { celTypeName } from "../values.ts";

/** One signature of a function. */
export interface Overload {
  /** Operators are named as in CEL: `_+_`; functions of a namespace in full: `math.ceil`. */
  readonly name: string;
  /** How it is called: f(a, b), a.f(b), or both. */
  readonly style: "function" | "method" | "both";
  /** The target of a method comes first. */
  readonly params: readonly Type[];
  /** Or what becomes of the arguments' types; undefined if they do not fit. */
  readonly result: Type | ((args: readonly Type[]) => Type | undefined);
  /** Takes raw values of the parameter types, boxed ones where a parameter is dynamic. */
  readonly apply: Apply;
  /** Makes the function for one place of the text, given the arguments that are constant there (undefined for others). */
  readonly prepare?: (constants: readonly unknown[]) => Apply | EvalFailure;
  /** True if constant arguments that it fails on are a mistake to report before anything runs. */
  readonly strict?: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: overloads of all signatures stand in one table; `params` says what arrives
type AnyFunction = (...args: any[]) => unknown;

/** A signature called as f(a, b). */
export function fn(name: string, params: readonly Type[], result: Overload["result"], apply: AnyFunction): Overload {
  return { name, style: "function", params, result, apply };
}

/** A signature called as a.f(b); `params` starts with the target. */
export function method(
  name: string,
  params: readonly Type[],
  result: Overload["result"],
  apply: AnyFunction,
): Overload {
  return { name, style: "method", params, result, apply };
}

/** A signature called either way. */
export function either(
  name: string,
  params: readonly Type[],
  result: Overload["result"],
  apply: AnyFunction,
): Overload {
  return { name, style: "both", params, result, apply };
}

/** The same signature, where failing on constants is a mistake in the text. */
export function strict(overload: Overload): Overload {
  return { ...overload, strict: true };
}

/** A failure that no `|` absorbs. */
export function fault(message: string): EvalFailure {
  return new EvalFailure("fault", message);
}

/** The fault that a function or operator is not defined for the types that arrived. */
export function noSuchOverload(name: string, values: readonly unknown[]): EvalFailure {
  return new EvalFailure("fault", `no ${shown(name)} for ${values.map(celTypeName).join(" and ")}`);
}

/** How a function is written: `+` for `_+_`, `size()` for size. */
export function shown(name: string): string {
  const operator = /^_?(\W+?)_$/.exec(name)?.[1];
  return operator ?? `${name}()`;
}

import { type Call, startOf } from "./ast.ts";
import type { Checker } from "./check.ts";
import { chainOf, dotted } from "./check-name.ts";
import { checkEquality, checkIn, checkIndex, checkOrder } from "./check-operator.ts";
import type { Apply, Checked } from "./checked.ts";
import { broken, call, coerce } from "./coerce.ts";
import { EvalFailure } from "./expression.ts";
import { noSuchOverload, type Overload, shown } from "./functions/overload.ts";
import { DYN, isAssignable, isDynamic, sameType, type Type, typeName } from "./types.ts";
import { box, hasType, unbox } from "./values.ts";

/** A call: an operator of its own rules, a function, or a method. */
export function checkCall(checker: Checker, node: Call): Checked {
  const [left, right, third] = node.args;
  if (left && right && !node.target) {
    if (node.name === "_==_" || node.name === "_!=_") return checkEquality(checker, node, left, right);
    if (/^_[<>]=?_$/.test(node.name)) return checkOrder(checker, node, left, right);
    if (node.name === "@in") return checkIn(checker, node, left, right);
    if (node.name === "_[_]") return checkIndex(checker, node, left, right);
    if (node.name === "conditional" && third && node.args.length === 3) {
      return checker.check({ kind: "conditional", at: node.at, test: left, yes: right, no: third });
    }
  }
  return checkFunction(checker, node);
}

function checkFunction(checker: Checker, node: Call): Checked {
  const qualified = qualifiedName(checker, node);
  const name = qualified ?? node.name;
  const target = qualified === undefined ? node.target : undefined;
  const known = checker.environment.functions.get(name) ?? [];
  const style = target ? "method" : "function";
  const overloads = known.filter((overload) => overload.style === style || overload.style === "both");
  const args = (target ? [target, ...node.args] : node.args).map((arg) => checker.check(arg));
  if (overloads.length === 0) return noFunction(checker, node, name, known);
  if (args.some(({ type }) => type.kind === "error")) return broken;
  const fitting = overloads.filter(({ params }) => fits(params, args));
  const [first] = fitting;
  if (!first) return noOverload(checker, node, name, overloads, args);
  const dynamic =
    fitting.length > 1 && args.some((arg, i) => isDynamic(arg.type) && !isDynamic(first.params[i] ?? DYN));
  return dynamic ? dispatch(name, fitting, args) : apply(checker, node, first, args);
}

/** The full name of a function whose "target" is its namespace, as in math.ceil(x). */
function qualifiedName(checker: Checker, { target, name }: Call): string | undefined {
  const chain = target && chainOf(target);
  if (!chain) return undefined;
  const full = `${dotted(chain)}.${name}`;
  return checker.environment.functions.has(full) ? full : undefined;
}

function fits(params: readonly Type[], args: readonly Checked[]): boolean {
  return params.length === args.length && params.every((param, i) => isAssignable(args[i]?.type ?? DYN, param));
}

/** The call of one overload; what is wrong with its constants is reported here. */
function apply(checker: Checker, node: Call, overload: Overload, args: readonly Checked[]): Checked {
  const { name, params, result, strict, prepare } = overload;
  const type = typeof result === "function" ? result(args.map((arg) => arg.type)) : result;
  if (!type) return noOverload(checker, node, name, [overload], args);
  const coerced = args.map((arg, i) => coerce(arg, params[i] ?? DYN));
  const constants = coerced.map((arg) => (arg.op === "constant" ? arg.value : undefined));
  const prepared = prepare ? prepare(constants) : overload.apply;
  if (prepared instanceof EvalFailure) return checker.report(argumentAt(node), prepared.message);
  const checked = call(name, type, coerced, prepared);
  if (strict && checked.op === "call" && coerced.every((arg) => arg.op === "constant")) {
    const [a, b, c, d] = constants;
    const failure = prepared(a, b, c, d);
    if (failure instanceof EvalFailure) return checker.report(argumentAt(node), failure.message);
  }
  return checked;
}

/** Where the last literal argument of a call stands. */
function argumentAt({ at, args, target }: Call): number {
  return args.findLast((arg) => arg.kind === "literal")?.at ?? (target?.kind === "literal" ? target.at : at);
}

/** A call whose overload is chosen at run time by the types of the boxed arguments. */
function dispatch(name: string, overloads: readonly Overload[], args: readonly Checked[]): Checked {
  const ready = overloads.map(({ params, result, prepare, apply }) => {
    const prepared = prepare?.([]);
    return { params, result, apply: typeof prepared === "function" ? prepared : apply };
  });
  const results = ready.map(({ result }) =>
    typeof result === "function" ? result(args.map(({ type }) => type)) : result,
  );
  const [first] = results;
  const type = first && results.every((result) => result && sameType(result, first)) ? first : DYN;
  const choose = (...values: unknown[]): unknown => {
    const found = ready.findIndex(({ params }) => params.every((param, i) => hasType(values[i], param)));
    const overload = ready[found];
    if (!overload) return noSuchOverload(name, values.slice(0, args.length));
    const [a, b, c, d] = values.map((value, i) => (isDynamic(overload.params[i] ?? DYN) ? value : unbox(value)));
    const value = overload.apply(a, b, c, d);
    return isDynamic(type) && !(value instanceof EvalFailure) ? box(value, results[found] ?? DYN) : value;
  };
  return call(
    name,
    type,
    args.map((arg) => coerce(arg, DYN)),
    choose as Apply,
  );
}

function noFunction(checker: Checker, node: Call, name: string, known: readonly Overload[]): Checked {
  const { target, at } = node;
  if (known.length > 0) {
    const form = known[0]?.style === "method" ? `x.${name}(...)` : `${name}(x, ...)`;
    return checker.report(at, `${name}() is written ${form}`);
  }
  const style = target ? "method" : "function";
  const names = [...checker.environment.functions.values()]
    .flat()
    .filter((overload) => overload.style !== other(style));
  const callable = names
    .map((overload) => overload.name)
    .filter((candidate) => /^\w/.test(candidate) && !/_$/.test(candidate));
  return checker.reportUnknown(at, style, name, new Set([...callable, "has", "all", "exists", "filter", "map"]));
}

function other(style: "function" | "method"): "function" | "method" {
  return style === "method" ? "function" : "method";
}

function noOverload(
  checker: Checker,
  node: Call,
  name: string,
  overloads: readonly Overload[],
  args: readonly Checked[],
): Checked {
  const [only, more] = overloads.filter(({ params }) => params.length === args.length);
  const wrong = only && !more ? args.findIndex((arg, i) => !isAssignable(arg.type, only.params[i] ?? DYN)) : -1;
  const culprit = node.target ? [node.target, ...node.args][wrong] : node.args[wrong];
  const types = args.map(({ type }) => typeName(type));
  if (only && culprit && /^\w/.test(shown(name))) {
    const [is, must] = [typeName(args[wrong]?.type ?? DYN), typeName(only.params[wrong] ?? DYN)];
    const place = node.target && wrong === 0 ? "the target" : `argument ${wrong + (node.target ? 0 : 1)}`;
    return checker.report(startOf(culprit), `${place} of ${name}() must be ${must}, got ${is}`);
  }
  const forms = overloads.map((overload) => signature(name, overload, node.target !== undefined));
  const got = args.length > 0 ? types.join(" and ") : "nothing";
  return checker.report(node.at, `no ${shown(name)} for ${got}; expected ${[...new Set(forms)].join(" or ")}`);
}

function signature(name: string, { params }: Overload, onTarget: boolean): string {
  const types = params.map(typeName);
  const operator = shown(name);
  if (!operator.endsWith(")")) return types.length === 1 ? `${operator}${types[0]}` : types.join(` ${operator} `);
  return onTarget ? `${types[0]}.${name}(${types.slice(1).join(", ")})` : `${name}(${types.join(", ")})`;
}

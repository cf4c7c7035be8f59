import { nearest } from "../../schemas/model/nearest.ts";
import {
  type Bind,
  type Comprehension,
  type Conditional,
  type Default,
  type Has,
  type ListLiteral,
  type Logic,
  type MapLiteral,
  type Node,
  startOf,
} from "./ast.ts";
import { checkCall } from "./check-call.ts";
import { checkName } from "./check-name.ts";
import type { Checked } from "./checked.ts";
import { broken, coerce, constant } from "./coerce.ts";
import type { Environment } from "./environment.ts";
import { EvalFailure } from "./expression.ts";
import { literalMap } from "./literal-map.ts";
import type { Problem } from "./problem.ts";
import {
  BOOL,
  DYN,
  INT64,
  isAssignable,
  isDynamic,
  isText,
  join,
  joinAll,
  listOf,
  mapOf,
  type Type,
  typeName,
} from "./types.ts";

/** A name that a macro introduced. */
interface Local {
  readonly name: string;
  readonly type: Type;
  readonly index: number;
}

/** Types a syntax tree, resolves its names and reports what does not fit. */
export class Checker {
  readonly environment: Environment;
  readonly problems: Problem[] = [];
  readonly slots = new Set<number>();
  readonly #locals: Local[] = [];

  constructor(environment: Environment) {
    this.environment = environment;
  }

  /** The checked node; `broken` where a problem was reported. */
  check(node: Node): Checked {
    switch (node.kind) {
      case "literal":
        return constant(node.type, node.value);
      case "name":
      case "select":
        return checkName(this, node);
      case "call":
        return checkCall(this, node);
      case "and":
      case "or":
        return this.#logic(node);
      case "conditional":
        return this.#conditional(node);
      case "default":
        return this.#default(node);
      case "has":
        return this.#has(node);
      case "list":
        return this.#list(node);
      case "map":
        return this.#map(node);
      case "comprehension":
        return this.#comprehension(node);
      case "bind":
        return this.#bind(node);
    }
  }

  /** Notes a problem. */
  report(at: number, message: string, suggestion?: string): typeof broken {
    this.problems.push(suggestion === undefined ? { at, message } : { at, message, suggestion });
    return broken;
  }

  /** Notes that a name is unknown, with the nearest of those that are known. */
  reportUnknown(at: number, what: string, wrong: string, names: Iterable<string>, hint = ""): typeof broken {
    const meant = nearest(wrong, names);
    const tail = meant === undefined ? hint : `; did you mean ${meant}?`;
    return this.report(at, `unknown ${what} ${JSON.stringify(wrong)}${tail}`, meant);
  }

  /** The checked node in the form of a type, or a problem at the node. */
  expect(node: Node, type: Type, what: string): Checked {
    const checked = this.check(node);
    if (isAssignable(checked.type, type)) return coerce(checked, type);
    return this.report(startOf(node), `${what} must be ${typeName(type)}, got ${typeName(checked.type)}`);
  }

  /** The innermost variable of a name. */
  local(name: string): Local | undefined {
    return this.#locals.findLast((local) => local.name === name);
  }

  attribute(name: string): Checked | undefined {
    const found = this.environment.attribute(name);
    if (!found) return undefined;
    this.slots.add(found.slot);
    return { op: "attribute", name, ...found };
  }

  #logic({ kind, operands }: Logic): Checked {
    const sign = kind === "and" ? "&&" : "||";
    return {
      op: kind,
      type: BOOL,
      operands: operands.map((operand) => this.expect(operand, BOOL, `each side of ${sign}`)),
    };
  }

  #conditional({ at, test, yes, no }: Conditional): Checked {
    const condition = this.expect(test, BOOL, "the condition of ?:");
    const branches = [this.check(yes), this.check(no)] as const;
    const type = join(branches[0].type, branches[1].type);
    if (!type) return this.report(at, `both results of ?: need one type, got ${named(branches)}`);
    const [first, second] = branches;
    return { op: "conditional", type, test: condition, yes: coerce(first, type), no: coerce(second, type) };
  }

  #default({ at, operands }: Default): Checked {
    const checked = operands.map((operand) => this.check(operand));
    let type: Type | undefined = checked[0]?.type;
    for (const operand of checked) type = type && join(type, operand.type);
    if (!type)
      return this.report(at, `all sides of | need one type, got ${named(checked)}${defaultHint(operands, checked)}`);
    return { op: "default", type, operands: checked.map((operand) => coerce(operand, type)) };
  }

  #has({ operand }: Has): Checked {
    return { op: "has", type: BOOL, operand: this.check(operand) };
  }

  #list({ elements }: ListLiteral): Checked {
    const checked = elements.map((element) => this.check(element));
    const type = listOf(joinAll(checked.map((element) => element.type)));
    const boxed = checked.map((element) => coerce(element, DYN));
    if (!boxed.every((element) => element.op === "constant")) return { op: "list", type, elements: boxed };
    return constant(
      type,
      boxed.map(({ value }) => value),
    );
  }

  #map({ entries }: MapLiteral): Checked {
    const keys = entries.map(({ key }) => this.#key(key));
    const values = entries.map(({ value }) => this.check(value));
    const type = mapOf(joinAll(keys.map((key) => key.type)), joinAll(values.map((value) => value.type)));
    const boxedKeys = keys.map((key) => coerce(key, DYN));
    const boxed = values.map((value) => coerce(value, DYN));
    if (!boxedKeys.every((key) => key.op === "constant") || !boxed.every((value) => value.op === "constant")) {
      return { op: "map", type, keys: boxedKeys, values: boxed };
    }
    if (keys.some((key) => key.type.kind === "error")) return broken;
    const map = literalMap(
      boxedKeys.map(({ value }) => value),
      boxed.map(({ value }) => value),
    );
    return map instanceof EvalFailure ? this.report(entries[0]?.key.at ?? 0, map.message) : constant(type, map);
  }

  #key(node: Node): Checked {
    const key = this.check(node);
    const { kind } = key.type;
    const fits = isDynamic(key.type) || kind === "INT64" || kind === "uint" || kind === "BOOL" || kind === "STRING";
    return fits
      ? key
      : this.report(node.at, `a map key must be STRING, INT64, uint or BOOL, got ${typeName(key.type)}`);
  }

  #comprehension(node: Comprehension): Checked {
    const range = this.check(node.range);
    const [one, two] = variableTypes(range.type, node.names.length);
    if (!one) return this.report(node.at, `${node.does}() takes a list or a map, got ${typeName(range.type)}`);
    const depth = this.#locals.length;
    this.#locals.push({ name: node.names[0] as string, type: one, index: depth });
    if (two) this.#locals.push({ name: node.names[1] as string, type: two, index: depth + 1 });
    const filter = node.filter && this.expect(node.filter, BOOL, `the condition of ${node.does}()`);
    const maps = node.does === "map" || node.does === "transformMap";
    const body = maps ? this.check(node.body) : this.expect(node.body, BOOL, `the condition of ${node.does}()`);
    this.#locals.length = depth;
    return {
      op: "comprehension",
      type: resultType(node.does, range.type, body.type),
      does: node.does,
      range: coerce(range, range.type.kind === "error" ? DYN : range.type),
      first: depth,
      second: two && depth + 1,
      filter,
      body: maps ? coerce(body, DYN) : body,
    };
  }

  #bind({ name, value, body }: Bind): Checked {
    const checked = this.check(value);
    const index = this.#locals.length;
    this.#locals.push({ name, type: checked.type, index });
    const inner = this.check(body);
    this.#locals.length = index;
    return { op: "bind", type: inner.type, index, value: coerce(checked, DYN), body: inner };
  }
}

/** What to write where the sides of `|` differ: most often a number has a text as its default. */
function defaultHint(operands: readonly Node[], [first, ...rest]: readonly Checked[]): string {
  const [node] = operands;
  if (node?.kind === "call" && /^_[-+]_$/.test(node.name))
    return "; | and + are read from left to right, use parentheses";
  const texts = first?.op === "attribute" && rest.every(({ type }) => isText(type));
  return texts ? `; expected ${typeName(first.type)}, or string(${first.name}) on the left` : "";
}

function named(nodes: readonly Checked[]): string {
  return [...new Set(nodes.map(({ type }) => typeName(type)))].join(" and ");
}

/** The types of a macro's variables: element or key; index and element, or key and value. Empty if there is nothing to go through. */
function variableTypes(range: Type, count: number): readonly Type[] {
  if (range.kind === "list") return count === 1 ? [range.element] : [INT64, range.element];
  if (range.kind === "map") return count === 1 ? [range.key] : [range.key, range.value];
  if (!isDynamic(range)) return [];
  return count === 1 ? [range] : [range, range];
}

function resultType(does: Comprehension["does"], range: Type, body: Type): Type {
  if (does === "map") return listOf(body);
  if (does === "transformMap")
    return mapOf(range.kind === "map" ? range.key : range.kind === "list" ? INT64 : DYN, body);
  if (does !== "filter") return BOOL;
  return listOf(range.kind === "list" ? range.element : range.kind === "map" ? range.key : DYN);
}

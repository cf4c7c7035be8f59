import { nearest } from "../../schemas/model/nearest.ts";
import { type Conditional, type Default, type Has, type Logic, type Node, startOf } from "./ast.ts";
import { checkCall } from "./check-call.ts";
import { checkList, checkMap } from "./check-literal.ts";
import { checkBind, checkComprehension } from "./check-macro.ts";
import { checkName } from "./check-name.ts";
import type { Checked } from "./checked.ts";
import { broken, coerce, constant } from "./coerce.ts";
import type { Environment } from "./environment.ts";
import { maxProblems } from "./limits.ts";
import type { Problem } from "./problem.ts";
import { BOOL, isAssignable, isText, join, type Type, typeName } from "./types.ts";

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
    if (this.problems.length >= maxProblems) return broken;
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
        return checkList(this, node);
      case "map":
        return checkMap(this, node);
      case "comprehension":
        return checkComprehension(this, node);
      case "bind":
        return checkBind(this, node);
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

  /** Runs a check with more variables in scope; the first is at the index that it is told. */
  withLocals<T>(locals: readonly Omit<Local, "index">[], check: (first: number) => T): T {
    const first = this.#locals.length;
    for (const local of locals) this.#locals.push({ ...local, index: this.#locals.length });
    const result = check(first);
    this.#locals.length = first;
    return result;
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

import type { Call, ComprehensionKind, Node } from "./ast.ts";
import { SyntaxProblem } from "./problem.ts";

interface Macro {
  readonly does: ComprehensionKind;
  /** How many arguments follow the names: a body, or a filter and a body. */
  readonly rest: readonly number[];
  /** How many names may be given: `e`, or index and element, or key and value. */
  readonly names: readonly number[];
}

/** The macros of CEL's standard library (language definition, "Macros") and of its two-variable comprehensions. */
const macros: Readonly<Record<string, Macro>> = {
  all: { does: "all", names: [1, 2], rest: [1] },
  exists: { does: "exists", names: [1, 2], rest: [1] },
  exists_one: { does: "existsOne", names: [1], rest: [1] },
  existsOne: { does: "existsOne", names: [1, 2], rest: [1] },
  filter: { does: "filter", names: [1], rest: [1] },
  map: { does: "map", names: [1], rest: [1, 2] },
  transformList: { does: "map", names: [2], rest: [1, 2] },
  transformMap: { does: "transformMap", names: [2], rest: [1, 2] },
};

/** The node that a call of a macro stands for, or the call itself. Throws a SyntaxProblem if a macro is called wrongly. */
export function expandMacro(call: Call): Node {
  const { name, target, args, at } = call;
  if (!target) return name === "has" && args.length === 1 ? has(at, args[0] as Node) : call;
  if (name === "bind" && target.kind === "name" && target.name === "cel" && args.length === 3) return bind(at, args);
  const macro = Object.hasOwn(macros, name) ? macros[name] : undefined;
  return macro ? comprehension(at, name, macro, target, args) : call;
}

function has(at: number, operand: Node): Node {
  const indexed = operand.kind === "call" && operand.name === "_[_]";
  if (operand.kind !== "name" && operand.kind !== "select" && !indexed) {
    throw new SyntaxProblem(
      operand.at,
      "has() takes an attribute, a field or an index, such as has(request.headers.host)",
    );
  }
  return { kind: "has", at, operand };
}

function bind(at: number, [name, value, body]: readonly Node[]): Node {
  if (name?.kind !== "name")
    throw new SyntaxProblem(name?.at ?? at, "the first argument of cel.bind() is a plain name");
  return { kind: "bind", at, name: name.name, value: value as Node, body: body as Node };
}

function comprehension(at: number, name: string, macro: Macro, range: Node, args: readonly Node[]): Node {
  const count = macro.names.findLast((names) => {
    const given = args.slice(0, names).every((arg) => arg.kind === "name");
    return given && macro.rest.includes(args.length - names);
  });
  if (count === undefined) throw new SyntaxProblem(at, usage(name, macro));
  const names = args.slice(0, count).map((arg) => (arg.kind === "name" ? arg.name : ""));
  if (new Set(names).size < names.length) throw new SyntaxProblem(at, `the two names of ${name}() must differ`);
  const [filter, body] = args.length - count === 2 ? [args[count], args[count + 1]] : [undefined, args[count]];
  return { kind: "comprehension", at, does: macro.does, range, names, filter, body: body as Node };
}

function usage(name: string, { names, rest }: Macro): string {
  const parameters = names.flatMap((count) =>
    rest.map((more) => [...["x", "y"].slice(0, count), ...(more === 2 ? ["condition"] : []), "expression"].join(", ")),
  );
  return `${name}() is called as ${parameters.map((list) => `${name}(${list})`).join(" or ")}, where x and y are plain names`;
}

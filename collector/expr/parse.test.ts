import { describe, expect, it } from "vitest";
import type { Node } from "./ast.ts";
import { parse } from "./parse.ts";

/** The tree in a form that shows what binds to what. */
function show(node: Node): string {
  switch (node.kind) {
    case "literal":
      return JSON.stringify(node.value);
    case "name":
      return node.name;
    case "select":
      return `${show(node.operand)}.${node.field}`;
    case "call":
      return `${node.target ? `${show(node.target)}.` : ""}${node.name}(${node.args.map(show).join(" ")})`;
    case "and":
    case "or":
    case "default":
      return `${node.kind}(${node.operands.map(show).join(" ")})`;
    case "conditional":
      return `if(${show(node.test)} ${show(node.yes)} ${show(node.no)})`;
    case "has":
      return `has(${show(node.operand)})`;
    case "list":
      return `[${node.elements.map(show).join(" ")}]`;
    case "map":
      return `{${node.entries.map(({ key, value }) => `${show(key)}:${show(value)}`).join(" ")}}`;
    case "comprehension":
      return `${node.does}(${[show(node.range), ...node.names, ...(node.filter ? [show(node.filter)] : []), show(node.body)].join(" ")})`;
    case "bind":
      return `bind(${node.name} ${show(node.value)} ${show(node.body)})`;
  }
}

describe("parse", () => {
  it.each([
    ['a | "x" == "y"', '_==_(default(a "x") "y")'],
    ["a | 1 + 2", "_+_(default(a 1) 2)"],
    ["1 + a | 2", "default(_+_(1 a) 2)"],
    ["a | b | c", "default(a b c)"],
    ["a | b * c", "default(a _*_(b c))"],
    ["a && b && c || d", "or(and(a b c) d)"],
    ["a || b && c", "or(a and(b c))"],
    ["a ? b : c ? d : e", "if(a b if(c d e))"],
    ["a || b ? c : d", "if(or(a b) c d)"],
    ["1 - 2 - 3", "_-_(_-_(1 2) 3)"],
    ["-2", "-2"],
    ["-a.b", "-_(a.b)"],
    ["--2", "-_(-2)"],
    ["!!a", "!_(!_(a))"],
    ["a in [1, 2,]", "@in(a [1 2])"],
    ['m.k["x"][0]', '_[_](_[_](m.k "x") 0)'],
    ["a.b.c(1, 2)", "a.b.c(1 2)"],
    ["{1: 2, 'a': b}", '{1:2 "a":b}'],
    ["f()", "f()"],
    ["(a + b) * c", "_*_(_+_(a b) c)"],
    ["a.as.in_", "a.as.in_"],
    ["has(a.b)", "has(a.b)"],
    ["has(a['x'])", 'has(_[_](a "x"))'],
    ["l.all(x, x > 1)", "all(l x _>_(x 1))"],
    ["l.map(x, x > 1, x)", "map(l x _>_(x 1) x)"],
    ["l.exists(i, v, v)", "exists(l i v v)"],
    ["m.transformMap(k, v, k + v)", "transformMap(m k v _+_(k v))"],
    ["cel.bind(x, 1, x + x)", "bind(x 1 _+_(x x))"],
  ])("%s", (text, expected) => expect(show(parse(text))).toBe(expected));

  it.each([
    ["", 0, "the expression is empty"],
    ["1 +", 3, "expected a value, got the end"],
    ["a b", 2, 'expected an operator or the end, got "b"'],
    ["a = b", 2, "write =="],
    ["a and b", 2, "write &&"],
    ["(a", 2, 'expected ")", got the end'],
    ["f(a,)", 4, "expected an argument"],
    ["a.1", 1, "expected an operator or the end"],
    ["a.", 2, "expected a name after the dot"],
    ["{1}", 2, 'expected ":"'],
    ["a ? b", 5, 'expected ":"'],
    ["9223372036854775808", 0, "does not fit into 64 bits"],
    ["-9223372036854775809", 1, "does not fit into 64 bits"],
    ["18446744073709551616u", 0, "does not fit into 64 bits"],
    ["1e999", 0, "too large for a DOUBLE"],
    ["has(1)", 4, "has() takes an attribute"],
    ["l.all(1, 2)", 2, "all() is called as all(x, expression)"],
    ["l.map(x)", 2, "map() is called as"],
    ["l.all(x, x, true)", 2, "must differ"],
    ["cel.bind(1, 2, 3)", 9, "a plain name"],
  ])("%s is refused at its place", (text, at, message) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ at, message: expect.stringContaining(message) }));
  });
});

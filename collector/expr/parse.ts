import type { Node } from "./ast.ts";
import { lex, type Token } from "./lex.ts";
import { maxDepth } from "./limits.ts";
import { parseInt64, parseUint64 } from "./literals.ts";
import { expandMacro } from "./macros.ts";
import { SyntaxProblem } from "./problem.ts";
import { BOOL, BYTES, DOUBLE, INT64, NULL, STRING, UINT } from "./types.ts";
import { Uint } from "./values.ts";

/*
 * expr   = or [ "?" or ":" expr ]
 * or     = and { "||" and }
 * and    = rel { "&&" rel }
 * rel    = add { ( "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" ) add }
 * add    = mul { ( "+" | "-" | "|" ) mul }
 * mul    = unary { ( "*" | "/" | "%" ) unary }
 * unary  = { "!" } member | { "-" } member
 * member = primary { "." name [ "(" list ")" ] | "[" expr "]" }
 * primary = literal | [ "." ] name [ "(" list ")" ] | "(" expr ")" | "[" list "]" | "{" [ expr ":" expr { "," ... } ] "}"
 *
 * CEL's grammar (language definition, "Syntax") without messages, and with Mixer's default operator on the level of "+".
 */
const relations: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">="]);
const constants: ReadonlyMap<string, Node> = new Map<string, Node>([
  ["true", { kind: "literal", at: 0, type: BOOL, value: true }],
  ["false", { kind: "literal", at: 0, type: BOOL, value: false }],
  ["null", { kind: "literal", at: 0, type: NULL, value: null }],
]);

/** What other languages write. */
const spellings: ReadonlyMap<string, string> = new Map([
  ["=", "=="],
  ["and", "&&"],
  ["or", "||"],
  ["not", "!"],
]);

/** Reads an expression in the native syntax. Throws a SyntaxProblem at the first place that does not fit the grammar. */
export function parse(text: string): Node {
  return new Parser(lex(text)).whole();
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Node {
    if (this.#peek().kind === "end") throw new SyntaxProblem(0, "the expression is empty");
    const node = this.#expression();
    if (this.#peek().kind !== "end") throw this.#unexpected("an operator or the end");
    return node;
  }

  #expression(): Node {
    if (++this.#depth > maxDepth) throw new SyntaxProblem(this.#peek().at, `nested more than ${maxDepth} deep`);
    const test = this.#logic("or");
    const { at } = this.#peek();
    let node = test;
    if (this.#take("?")) {
      const yes = this.#logic("or");
      this.#expect(":");
      node = { kind: "conditional", at, test, yes, no: this.#expression() };
    }
    this.#depth--;
    return node;
  }

  #logic(kind: "or" | "and"): Node {
    const operand = () => (kind === "or" ? this.#logic("and") : this.#relation());
    const first = operand();
    const { at } = this.#peek();
    const operands = [first];
    while (this.#take(kind === "or" ? "||" : "&&")) operands.push(operand());
    return operands.length === 1 ? first : { kind, at, operands };
  }

  #relation(): Node {
    let node = this.#sum();
    for (let token = this.#peek(); ; token = this.#peek()) {
      const isIn = token.kind === "name" && token.text === "in";
      if (!isIn && !(token.kind === "operator" && relations.has(token.text))) return node;
      this.#next++;
      node = { kind: "call", at: token.at, name: isIn ? "@in" : `_${token.text}_`, args: [node, this.#sum()] };
    }
  }

  #sum(): Node {
    let node = this.#product();
    for (let { at } = this.#peek(); ; { at } = this.#peek()) {
      if (this.#take("|")) {
        const operands = node.kind === "default" ? node.operands : [node];
        node = { kind: "default", at, operands: [...operands, this.#product()] };
      } else if (this.#take("+")) node = { kind: "call", at, name: "_+_", args: [node, this.#product()] };
      else if (this.#take("-")) node = { kind: "call", at, name: "_-_", args: [node, this.#product()] };
      else return node;
    }
  }

  #product(): Node {
    let node = this.#unary();
    for (let token = this.#peek(); this.#take("*") || this.#take("/") || this.#take("%"); token = this.#peek()) {
      node = { kind: "call", at: token.at, name: `_${token.text}_`, args: [node, this.#unary()] };
    }
    return node;
  }

  #unary(): Node {
    const signs: Token[] = [];
    for (let token = this.#peek(); this.#take("!") || this.#take("-"); token = this.#peek()) signs.push(token);
    const number = this.#peek();
    const negative = signs.at(-1)?.text === "-" && (number.kind === "int" || number.kind === "double");
    if (negative) signs.pop();
    let node = this.#member(negative);
    for (const { at, text } of signs.reverse()) node = { kind: "call", at, name: `${text}_`, args: [node] };
    return node;
  }

  #member(negative: boolean): Node {
    let node = this.#primary(negative);
    for (let { at } = this.#peek(); ; { at } = this.#peek()) {
      if (this.#take(".")) node = this.#selection(node);
      else if (this.#take("[")) {
        node = { kind: "call", at, name: "_[_]", args: [node, this.#expression()] };
        this.#expect("]");
      } else return node;
    }
  }

  #selection(operand: Node): Node {
    const { kind, at, text } = this.#peek();
    if (kind !== "name" && kind !== "quoted") throw this.#unexpected("a name after the dot");
    this.#next++;
    if (kind === "quoted" || !this.#take("(")) return { kind: "select", at, operand, field: text };
    return expandMacro({ kind: "call", at, name: text, target: operand, args: this.#list(")") });
  }

  #primary(negative: boolean): Node {
    const token = this.#peek();
    const { kind, at, text } = token;
    this.#next++;
    if (kind === "string") return { kind: "literal", at, type: STRING, value: text };
    if (kind === "bytes") return { kind: "literal", at, type: BYTES, value: token.bytes };
    if (kind === "int" || kind === "uint" || kind === "double") return number(token, negative);
    if (kind === "name" && text !== "in") return this.#named(at, text);
    if (text === "." && kind === "operator" && this.#peek().kind === "name") {
      return this.#named(at, (this.#tokens[this.#next++] as Token).text);
    }
    if (kind === "operator" && text === "(") return this.#parenthesized();
    if (kind === "operator" && text === "[") return { kind: "list", at, elements: this.#list("]") };
    if (kind === "operator" && text === "{") return { kind: "map", at, entries: this.#entries() };
    this.#next--;
    throw this.#unexpected("a value");
  }

  #named(at: number, name: string): Node {
    const constant = constants.get(name);
    if (constant) return { ...constant, at };
    return this.#take("(")
      ? expandMacro({ kind: "call", at, name, args: this.#list(")") })
      : { kind: "name", at, name };
  }

  #parenthesized(): Node {
    const node = this.#expression();
    this.#expect(")");
    return node;
  }

  #list(close: string): Node[] {
    const elements: Node[] = [];
    while (!this.#take(close)) {
      elements.push(this.#expression());
      if (this.#take(",")) {
        if (close === ")" && this.#peek().text === ")") throw this.#unexpected("an argument");
        continue;
      }
      this.#expect(close);
      break;
    }
    return elements;
  }

  #entries(): { key: Node; value: Node }[] {
    const entries: { key: Node; value: Node }[] = [];
    while (!this.#take("}")) {
      const key = this.#expression();
      this.#expect(":");
      entries.push({ key, value: this.#expression() });
      if (this.#take(",")) continue;
      this.#expect("}");
      break;
    }
    return entries;
  }

  #peek(): Token {
    return this.#tokens[this.#next] as Token;
  }

  #take(operator: string): boolean {
    const { kind, text } = this.#peek();
    if (kind !== "operator" || text !== operator) return false;
    this.#next++;
    return true;
  }

  #expect(operator: string): void {
    if (!this.#take(operator)) throw this.#unexpected(JSON.stringify(operator));
  }

  #unexpected(expected: string): SyntaxProblem {
    const { kind, at, text } = this.#peek();
    const got =
      kind === "end" ? "the end" : kind === "bytes" ? "bytes" : kind === "string" ? "a text" : JSON.stringify(text);
    const sign = kind === "operator" || kind === "name" ? spellings.get(text) : undefined;
    const hint = sign === undefined ? "" : `; write ${sign}`;
    return new SyntaxProblem(at, `expected ${expected}, got ${got}${hint}`);
  }
}

function number({ kind, at, text }: Token, negative: boolean): Node {
  const signed = negative ? `-${text}` : text;
  if (kind === "double") {
    if (!Number.isFinite(Number(signed))) throw new SyntaxProblem(at, `${signed} is too large for a DOUBLE`);
    return { kind: "literal", at, type: DOUBLE, value: Number(signed) };
  }
  const value = kind === "uint" ? parseUint64(text) : parseInt64(signed);
  if (value === undefined) throw new SyntaxProblem(at, `${signed} does not fit into 64 bits`);
  return kind === "uint"
    ? { kind: "literal", at, type: UINT, value: new Uint(value) }
    : { kind: "literal", at, type: INT64, value };
}

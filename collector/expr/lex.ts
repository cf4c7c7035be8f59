import { unescapeBytes, unescapeString } from "./literals.ts";
import { SyntaxProblem } from "./problem.ts";

/** A token of the native syntax. `at` is its offset; `text` is its source, or the value of a string or quoted name. */
export interface Token {
  readonly kind: "name" | "quoted" | "int" | "uint" | "double" | "string" | "bytes" | "operator" | "end";
  readonly at: number;
  readonly text: string;
  readonly bytes?: Uint8Array;
}

const blank = /(?:[ \t\r\n\f]+|\/\/[^\r\n]*)+/y;
const name = /[A-Za-z_][A-Za-z0-9_]*/y;
const quoted = /`[A-Za-z0-9_./ -]+`/y;
const number = /0[xX][0-9a-fA-F]+[uU]?|(?:\d+\.\d+|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\d+[uU]?/y;
const openQuote = /([rR]?[bB]?|[bB][rR])("""|'''|"|')/y;
const operator = /&&|\|\||==|!=|<=|>=|[-+*/%!<>=?:.,|()[\]{}]/y;

/** Cuts a text into tokens, the last of kind "end". Throws a SyntaxProblem at the first character that fits nowhere. */
export function lex(text: string): Token[] {
  const tokens: Token[] = [];
  let at = skip(text, 0);
  while (at < text.length) {
    const { token, end } = next(text, at);
    tokens.push(token);
    at = skip(text, end);
  }
  tokens.push({ kind: "end", at: text.length, text: "" });
  return tokens;
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function skip(text: string, at: number): number {
  return at + (match(blank, text, at)?.[0].length ?? 0);
}

function next(text: string, at: number): { token: Token; end: number } {
  const open = match(openQuote, text, at);
  if (open) return string(text, at, open[1] ?? "", open[2] ?? '"');
  const word = match(name, text, at)?.[0];
  if (word !== undefined) return { token: { kind: "name", at, text: word }, end: at + word.length };
  const digits = match(number, text, at)?.[0];
  if (digits !== undefined) return numeric(text, at, digits);
  const field = match(quoted, text, at)?.[0];
  if (field !== undefined) return { token: { kind: "quoted", at, text: field.slice(1, -1) }, end: at + field.length };
  const sign = match(operator, text, at)?.[0];
  if (sign !== undefined) return { token: { kind: "operator", at, text: sign }, end: at + sign.length };
  throw new SyntaxProblem(at, unexpected(text, at));
}

function unexpected(text: string, at: number): string {
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  const hints: Readonly<Record<string, string>> = {
    "&": "; write && for both",
    "“": '; write plain quotes "',
    "”": '; write plain quotes "',
    "`": "; a quoted field name may hold letters, digits and _ . - / and spaces",
  };
  return `unexpected character ${JSON.stringify(character)}${hints[character] ?? ""}`;
}

function numeric(text: string, at: number, digits: string): { token: Token; end: number } {
  const end = at + digits.length;
  if (match(name, text, end))
    throw new SyntaxProblem(at, `a number cannot be followed by a letter: ${text.slice(at, end + 1)}`);
  const hex = /^0x/i.test(digits);
  const unsigned = /u$/i.test(digits);
  const kind = unsigned ? "uint" : !hex && /[.eE]/.test(digits) ? "double" : "int";
  return { token: { kind, at, text: unsigned ? digits.slice(0, -1) : digits }, end };
}

function string(text: string, at: number, prefix: string, quote: string): { token: Token; end: number } {
  const from = at + prefix.length + quote.length;
  const raw = /r/i.test(prefix);
  const close = endOf(text, from, quote, raw);
  if (close < 0) throw new SyntaxProblem(at, `this text has no closing ${quote}`);
  const body = text.slice(from, close);
  const end = close + quote.length;
  if (!/b/i.test(prefix)) {
    return { token: { kind: "string", at, text: raw ? body : unescapeString(body, from) }, end };
  }
  const bytes = raw ? new Uint8Array(Buffer.from(body, "utf8")) : unescapeBytes(body, from);
  return { token: { kind: "bytes", at, text: "", bytes }, end };
}

/** Where the closing quote is, or -1. A literal in single quotes ends with its line. */
function endOf(text: string, from: number, quote: string, raw: boolean): number {
  for (let i = from; i < text.length; i++) {
    if (text.startsWith(quote, i)) return i;
    if (quote.length === 1 && (text[i] === "\n" || text[i] === "\r")) return -1;
    if (!raw && text[i] === "\\") i++;
  }
  return -1;
}

import type { EvalFailure } from "../expression.ts";
import { maxPatternLength } from "../limits.ts";
import { BOOL, STRING } from "../types.ts";
import { maxStates, type Token, tokenMatcher } from "./glob-states.ts";
import { fault, fn, method, type Overload } from "./overload.ts";
import { type Matcher, patternFunction, toMatcher } from "./regex.ts";

/**
 * The matcher of a glob over the whole text: `*` is any run of characters but `/`, `**` any run at all, `?` one
 * character but `/`; a backslash makes the next character plain. Linear in the text.
 */
export function toGlob(pattern: string): Matcher | EvalFailure {
  if (pattern.length > maxPatternLength) return fault(`a pattern may have at most ${maxPatternLength} characters`);
  const tokens = toTokens(pattern);
  if (!tokens) return fault("a pattern cannot end with a single backslash");
  const first = tokens.findIndex((token) => token.length > 1);
  const plain = (part: readonly Token[]) => part.map((token) => token[0]).join("");
  if (first < 0) return equals(plain(tokens));
  const last = tokens.findLastIndex((token) => token.length > 1);
  return framed(plain(tokens.slice(0, first)), tokens.slice(first, last + 1), plain(tokens.slice(last + 1)));
}

function equals(whole: string): Matcher {
  return (text) => text === whole;
}

/** Plain characters, wildcards with what is between them, plain characters. */
function framed(before: string, middle: readonly Token[], after: string): Matcher | EvalFailure {
  const [only] = middle;
  if (middle.length === 1 && only && only[1] !== "?") return oneWildcard(before, only[1] === "**", after);
  const inner = middle.length <= maxStates ? tokenMatcher(middle) : longMatcher(middle);
  if (typeof inner !== "function") return inner;
  return (text) => {
    const end = text.length - after.length;
    return end >= before.length && text.startsWith(before) && text.endsWith(after) && inner(text, before.length, end);
  };
}

function oneWildcard(before: string, across: boolean, after: string): Matcher {
  return (text) => {
    const end = text.length - after.length;
    if (end < before.length || !text.startsWith(before) || !text.endsWith(after)) return false;
    if (across) return true;
    const slash = text.indexOf("/", before.length);
    return slash < 0 || slash >= end;
  };
}

/** Globs of more tokens than fit into a word go to the regular expression engine. */
function longMatcher(tokens: readonly Token[]): ((text: string, from: number, to: number) => boolean) | EvalFailure {
  const matcher = toMatcher(`^(?s:${tokens.map(toRegex).join("")})$`);
  return typeof matcher === "function" ? (text, from, to) => matcher(text.slice(from, to)) : matcher;
}

const wildcards: Readonly<Record<string, string>> = { "**": ".*", "*": "[^/]*", "?": "[^/]" };

function toRegex([character, wildcard]: Token): string {
  if (wildcard !== undefined) return wildcards[wildcard] as string;
  return /^[A-Za-z0-9_]$/.test(character) || character > "\x7f" ? character : `\\x${hex(character)}`;
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(2, "0");
}

/** Characters (code points) and wildcards, or undefined if the text ends within an escape. */
function toTokens(pattern: string): Token[] | undefined {
  const tokens: Token[] = [];
  for (const piece of pattern.match(/\\(?:[\s\S]|$)|\*+|[\s\S]/gu) ?? []) {
    if (piece === "\\") return undefined;
    if (piece.startsWith("\\")) tokens.push([piece.slice(1)]);
    else if (piece.startsWith("*")) tokens.push(["", piece === "*" ? "*" : "**"]);
    else tokens.push(piece === "?" ? ["", "?"] : [piece]);
  }
  return tokens;
}

/** Mixer's `match(s, p)`: `p*` is a prefix, `*p` a suffix, anything else the whole text. */
function matchEnds(text: string, pattern: string): boolean {
  if (pattern.endsWith("*")) return text.startsWith(pattern.slice(0, -1));
  return pattern.startsWith("*") ? text.endsWith(pattern.slice(1)) : text === pattern;
}

/** Patterns with wildcards. */
export const globFunctions: readonly Overload[] = [
  { ...method("glob", [STRING, STRING], BOOL, () => false), ...patternFunction(toGlob) },
  fn("match", [STRING, STRING], BOOL, matchEnds),
];

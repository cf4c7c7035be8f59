import type { EvalFailure } from "../expression.ts";
import { maxPatternLength } from "../limits.ts";
import { BOOL, STRING } from "../types.ts";
import { fault, fn, method, type Overload } from "./overload.ts";
import { type Matcher, patternFunction, toMatcher } from "./regex.ts";

/**
 * The matcher of a glob over the whole text: `*` is any run of characters but `/`, `**` any run at all, `?` one
 * character but `/`; a backslash makes the next character plain. Linear in the text.
 */
export function toGlob(pattern: string): Matcher | EvalFailure {
  if (pattern.length > maxPatternLength) return fault(`a pattern may have at most ${maxPatternLength} characters`);
  const parts = toParts(pattern);
  if (!parts) return fault("a pattern cannot end with a single backslash");
  return simpleGlob(parts) ?? toMatcher(`^(?s:${parts.map(toRegex).join("")})$`);
}

/** A run of plain characters, or one wildcard. */
type Part = { readonly plain: string } | { readonly wild: "*" | "**" | "?" };

function toParts(pattern: string): Part[] | undefined {
  const parts: Part[] = [];
  let plain = "";
  for (const token of pattern.match(/\\[\s\S]?|\*\*+|[*?]|[^\\*?]+/g) ?? []) {
    if (token === "\\") return undefined;
    if (!/^[*?]/.test(token)) {
      plain += token.startsWith("\\") ? token.slice(1) : token;
      continue;
    }
    if (plain !== "") parts.push({ plain });
    plain = "";
    parts.push({ wild: token.startsWith("**") ? "**" : (token as "*" | "?") });
  }
  if (plain !== "") parts.push({ plain });
  return parts;
}

function toRegex(part: Part): string {
  if ("plain" in part) return part.plain.replace(/[^A-Za-z0-9_]/gu, (character) => escapeCharacter(character));
  return part.wild === "**" ? ".*" : part.wild === "*" ? "[^/]*" : "[^/]";
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) as number;
  return code < 128 ? `\\x${code.toString(16).padStart(2, "0")}` : character;
}

/** Globs with at most one wildcard are plain comparisons. */
function simpleGlob(parts: readonly Part[]): Matcher | undefined {
  const wild = parts.findIndex((part) => "wild" in part);
  const text = (part: Part | undefined) => (part && "plain" in part ? part.plain : "");
  if (wild < 0) return (value) => value === text(parts[0]);
  const token = parts[wild];
  if (parts.length > wild + 2 || (parts.length === wild + 2 && text(parts[wild + 1]) === "")) return undefined;
  if (!token || !("wild" in token) || token.wild === "?") return undefined;
  const [before, after] = [wild === 1 ? text(parts[0]) : "", text(parts[wild + 1])];
  const across = token.wild === "**";
  return (value) => {
    const end = value.length - after.length;
    if (end < before.length || !value.startsWith(before) || !value.endsWith(after)) return false;
    if (across) return true;
    const slash = value.indexOf("/", before.length);
    return slash < 0 || slash >= end;
  };
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

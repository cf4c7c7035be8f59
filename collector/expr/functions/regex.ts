import { RE2JS, RE2JSException } from "re2js";
import type { Apply } from "../checked.ts";
import type { EvalFailure } from "../expression.ts";
import { maxCachedPatterns, maxPatternLength } from "../limits.ts";
import { BOOL, STRING } from "../types.ts";
import { either, fault, type Overload } from "./overload.ts";

/** Tells whether a pattern is found anywhere in a text, in time linear in the text (RE2). */
export type Matcher = (text: string) => boolean;

/** The matcher of an RE2 pattern, or a fault that says what is wrong with the pattern. */
export function toMatcher(pattern: string): Matcher | EvalFailure {
  if (pattern.length > maxPatternLength) return fault(`a pattern may have at most ${maxPatternLength} characters`);
  const plain = /^(\^?)([A-Za-z0-9_ /:,;=@%&~#<>!"'-]*)(\$?)$/.exec(pattern);
  if (plain) return plainMatcher(plain[1] === "^", plain[2] ?? "", plain[3] === "$");
  try {
    const compiled = RE2JS.compile(pattern);
    return (text) => compiled.test(text);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return fault(`bad pattern: ${error.message}`);
  }
}

/** Patterns without operators need no engine. */
function plainMatcher(atStart: boolean, part: string, atEnd: boolean): Matcher {
  if (atStart && atEnd) return (text) => text === part;
  if (atStart) return (text) => text.startsWith(part);
  return atEnd ? (text) => text.endsWith(part) : (text) => text.includes(part);
}

/** Remembers a few matchers of patterns that come with the data. */
export function cachedMatchers(
  make: (pattern: string) => Matcher | EvalFailure,
): (pattern: string) => Matcher | EvalFailure {
  const known = new Map<string, Matcher | EvalFailure>();
  return (pattern) => {
    let matcher = known.get(pattern);
    if (matcher === undefined) {
      matcher = make(pattern);
      if (known.size >= maxCachedPatterns) known.delete(known.keys().next().value as string);
      if (pattern.length <= maxPatternLength) known.set(pattern, matcher);
    }
    return matcher;
  };
}

/** A function of a text and a pattern: constant patterns are compiled once, others kept in a small cache at each place. */
export function patternFunction(
  make: (pattern: string) => Matcher | EvalFailure,
): Required<Pick<Overload, "apply" | "prepare" | "strict">> {
  const withLookup =
    (lookup: (pattern: string) => Matcher | EvalFailure): Apply =>
    (text, pattern) => {
      const matcher = lookup(pattern as string);
      return typeof matcher === "function" ? matcher(text as string) : matcher;
    };
  return {
    apply: withLookup(make),
    strict: true,
    prepare: ([, pattern]) => {
      if (typeof pattern !== "string") return withLookup(cachedMatchers(make));
      const matcher = make(pattern);
      return typeof matcher === "function" ? (text) => matcher(text as string) : matcher;
    },
  };
}

/** `matches`: RE2 syntax, found anywhere in the text unless anchored (CEL language definition, "Regular Expressions"). */
export const regexFunctions: readonly Overload[] = [
  { ...either("matches", [STRING, STRING], BOOL, () => false), ...patternFunction(toMatcher) },
];

import fc from "fast-check";
import { expect, it } from "vitest";
import { matchHost, matchPresent, matchText } from "./text.ts";

/** Few characters, so that patterns and texts meet. */
const text = fc.string({ unit: fc.constantFrom("a", "A", "/", "*"), maxLength: 5 });

/** The same by a whole-text expression. */
function reference(pattern: string): RegExp {
  const quoted = (part: string) => part.replace(/[*/]/g, "\\$&");
  if (pattern === "*") return /^.+$/s;
  if (pattern.startsWith("*")) return new RegExp(`^.*${quoted(pattern.slice(1))}$`, "s");
  if (pattern.endsWith("*")) return new RegExp(`^${quoted(pattern.slice(0, -1))}.*$`, "s");
  return new RegExp(`^${quoted(pattern)}$`, "s");
}

it("matches as an expression over the whole text would", () => {
  fc.assert(
    fc.property(text, text, (pattern, value) => {
      expect(matchText(pattern)(value)).toBe(reference(pattern).test(value));
      expect(matchHost(pattern)(value)).toBe(pattern === "*" || new RegExp(reference(pattern), "si").test(value));
    }),
    { numRuns: 2000 },
  );
});

it("takes an empty text for present, and none for absent", () => {
  expect([matchText("*")(""), matchPresent("*")(""), matchHost("*")("")]).toEqual([false, true, true]);
  fc.assert(
    fc.property(text, (pattern) => {
      const absent = [matchText, matchPresent, matchHost].map((match) => match(pattern)(undefined));
      expect(absent).toEqual([false, false, false]);
    }),
  );
});

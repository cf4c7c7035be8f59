import fc from "fast-check";
import { expect, it } from "vitest";
import { allowTopics } from "./topic-names.ts";

it.each([
  ["mesh.audit", ["mesh.audit"], true],
  ["mesh.audit2", ["mesh.audit"], false],
  ["mesh.a", ["mesh.*"], true],
  ["mesh.", ["mesh.*"], true],
  ["a.mesh.b", ["mesh.*"], false],
  ["eu.audit", ["*.audit"], true],
  ["a", ["*a*a*"], false],
  ["aba", ["*a*a*"], true],
  ["aa", ["a*a"], true],
  ["a", ["a*a"], false],
  ["anything", ["*"], true],
  ["not a name", ["*"], false],
  ["..", ["*"], false],
  ["a/../b", ["a*"], false],
  ["meshXa", ["mesh.*"], false],
])("%s by %j: %j", (topic, patterns, expected) => {
  expect(allowTopics(patterns).allows(topic)).toBe(expected);
});

it("matches as a regular expression would", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "."), minLength: 1, maxLength: 8 });
  const pattern = fc.string({ unit: fc.constantFrom("a", "b", ".", "*"), minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(text, pattern, (topic, pattern) => {
      const like = new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", ".*")}$`);
      const isName = topic !== "." && topic !== "..";
      const isNamed = topic === pattern;
      expect(allowTopics([pattern]).allows(topic)).toBe(
        isNamed || (isName && pattern.includes("*") && like.test(topic)),
      );
    }),
  );
});

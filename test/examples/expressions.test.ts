import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { compile } from "../../collector/expr/compile.ts";
import { nativeFunctions } from "../../collector/expr/functions/table.ts";
import { createVocabulary } from "../../schemas/attributes/vocabulary.ts";
import { documentedCode, root } from "../support/documents.ts";

const vocabulary = createVocabulary();
const page = readFileSync(`${root}docs/expressions.md`, "utf8");
const examples = documentedCode("cel").flatMap(({ place, text }) =>
  text
    .trim()
    .split("\n")
    .map((line) => ({ place, line })),
);

describe("expressions that users are shown", () => {
  test("there are some", () => expect(examples.length).toBeGreaterThan(10));

  test.each(examples)("$place: $line", ({ line }) => {
    const compiled = compile(line, { vocabulary });
    expect(compiled.ok ? [] : compiled.problems).toEqual([]);
  });
});

describe("the page on expressions", () => {
  const functions = [...nativeFunctions.keys()].filter((name) => /^[a-z][\w.]*$/i.test(name));

  test.each(functions)("tells of %s", (name) => {
    expect(page).toMatch(new RegExp(`[\`.]${name.replace(".", "\\.")}\\(`));
  });

  test("tells of no function that is not there", () => {
    const table = page.slice(page.indexOf("## Functions"), page.indexOf("## Macros"));
    const called = [...table.matchAll(/`(?:\w\.|block\.)?([a-zA-Z]\w*(?:\.\w+)?)\(/g)].map(([, name]) => name);
    const known = new Set([...functions, "conditional", "f"]);
    expect(called.filter((name) => !known.has(name ?? ""))).toEqual([]);
    expect(called.length).toBeGreaterThan(40);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchPath, pathProblem } from "./path.ts";

/** Tries every way to divide the text among the parts of a template. */
function fits(parts: readonly string[], text: string): boolean {
  const [first, ...rest] = parts;
  if (first === undefined) return text === "";
  if (first === "{*}" || first === "{**}") {
    const allowed = first === "{*}" ? /^[a.]+$/ : /^[a./]*$/;
    for (let end = 0; end <= text.length; end++)
      if (allowed.test(text.slice(0, end)) && fits(rest, text.slice(end))) return true;
    return false;
  }
  return text.startsWith(first) && fits(rest, text.slice(first.length));
}

it("matches templates as trying all divisions does", () => {
  const segments = fc.array(fc.constantFrom("{*}", "a", "a.", ""), { maxLength: 3 });
  const template = fc
    .tuple(segments, fc.boolean(), fc.constantFrom("", "/", "/a"))
    .map(([before, any, end]) => `/${[...before, any ? "{**}" : "{*}"].join("/")}${end}`);
  const path = fc.string({ unit: fc.constantFrom("a", ".", "/", "#"), maxLength: 7 }).map((rest) => `/${rest}`);
  fc.assert(
    fc.property(template, path, (pattern, text) => {
      expect(pathProblem(pattern)).toBeUndefined();
      expect(matchPath(pattern)(text)).toBe(fits(pattern.split(/(\{\*\*?\})/), text));
    }),
    { numRuns: 3000 },
  );
});

it.each([
  ["/a/{*}", "/a/b", true],
  ["/a/{*}", "/a/", false],
  ["/a/{*}", "/a/b/c", false],
  ["/a/{*}/{**}", "/a/b/c/d", true],
  ["/foo/{**}", "/foo", false],
  ["/foo/{**}", "/foo/", true],
  ["/foo/{**}", "/foo/a=b/%7e", true],
  ["/{**}/x", "/x", false],
  ["/{**}/x", "//x", true],
  ["/a.c/{*}", "/abc/d", false],
  ["/a/*/c", "/a/*/c", true],
  ["*/admin/*", "/x/admin/*", true],
  ["*/admin/*", "/x/admin/y", false],
])("%s and %s: %s", (pattern, text, expected) => {
  expect(matchPath(pattern)(text)).toBe(expected);
});

describe("refused is", () => {
  it.each(["/a{*}", "/{a}", "/{**}/{*}", "/{**}/{**}", "/{*}/*", "/{*}/a*", "{**}", "/a}", "/{*}/ä"])("%s", (path) => {
    expect(pathProblem(path)).toMatch(/template|braces|operator/);
  });

  it.each(["/a/*", "*", "/{*}", "/{**}", "/{*}/{**}", "/{**}/a"])("not %s", (path) => {
    expect(pathProblem(path)).toBeUndefined();
  });
});

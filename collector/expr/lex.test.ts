import { describe, expect, it } from "vitest";
import { lex } from "./lex.ts";

const tokens = (text: string) =>
  lex(text).map(({ kind, text: value }) => (kind === "operator" ? value : `${kind}:${value}`));

describe("lex", () => {
  it.each([
    ["a.b|c||d", ["name:a", ".", "name:b", "|", "name:c", "||", "name:d", "end:"]],
    [
      "1 2u 0x1F 1.5 .5 1e3 1.5e-3",
      ["int:1", "uint:2", "int:0x1F", "double:1.5", "double:.5", "double:1e3", "double:1.5e-3", "end:"],
    ],
    ["1.foo", ["int:1", ".", "name:foo", "end:"]],
    [`'a' "b" '''c'd''' r'\\n' "\\n"`, ["string:a", "string:b", "string:c'd", "string:\\n", "string:\n", "end:"]],
    ["a // comment\n + b//", ["name:a", "+", "name:b", "end:"]],
    ["m.`x-y/z`", ["name:m", ".", "quoted:x-y/z", "end:"]],
    ["r b rb", ["name:r", "name:b", "name:rb", "end:"]],
    ["a<=b!=c&&!d", ["name:a", "<=", "name:b", "!=", "name:c", "&&", "!", "name:d", "end:"]],
  ])("%s", (text, expected) => expect(tokens(text)).toEqual(expected));

  it("tells where each token stands", () => {
    expect(lex(" a\n  + 'x'").map(({ at }) => at)).toEqual([1, 5, 7, 10]);
  });

  it("reads bytes", () => {
    expect(lex("b'\\xff\\101é'")[0]?.bytes).toEqual(Uint8Array.of(255, 65, 0xc3, 0xa9));
    expect(lex("br'\\n'")[0]?.bytes).toEqual(Uint8Array.of(92, 110));
  });

  it.each([
    ["a & b", 2, 'unexpected character "&"; write && for both'],
    ["'abc", 0, "this text has no closing '"],
    ["'ab\ncd'", 0, "this text has no closing '"],
    ["'a\\qb'", 2, "unknown escape \\q"],
    ["'a\\u12'", 2, "unknown escape \\u"],
    ["'\\ud800'", 1, "this escape is no Unicode character"],
    ["'\\U00110000'", 1, "this escape is no Unicode character"],
    ["b'\\u0041'", 2, "bytes have no \\u escapes"],
    ["12ab", 0, "a number cannot be followed by a letter"],
    ["a # b", 2, 'unexpected character "#"'],
    ["“a”", 0, "write plain quotes"],
  ])("%s is refused at its place", (text, at, message) => {
    expect(() => lex(text)).toThrow(expect.objectContaining({ at, message: expect.stringContaining(message) }));
  });
});

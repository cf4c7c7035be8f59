import { expect, it } from "vitest";
import { lineFormats } from "./line.ts";

const { json, logfmt } = lineFormats;

it("writes JSON", () => {
  expect(json({ a: 'x"y', b: 1, c: { d: "e" } })).toBe('{"a":"x\\"y","b":1,"c":{"d":"e"}}');
});

it.each([
  [{ a: "x", b: 1.5, c: true }, "a=x b=1.5 c=true"],
  [{ a: "", b: "x y", c: 'say "hi"', d: "a=b" }, 'a="" b="x y" c="say \\"hi\\"" d="a=b"'],
  [{ a: "back\\slash", b: "two\nlines", c: "\u0001" }, 'a="back\\\\slash" b="two\\nlines" c="\\u0001"'],
  [{ labels: { app: "web", "a b": "c" } }, "labels.app=web labels.a_b=c"],
  [{ 'a "=\n': "x" }, "a____=x"],
  [{}, ""],
])("writes %j as logfmt", (fields, line) => {
  expect(logfmt(fields)).toBe(line);
});

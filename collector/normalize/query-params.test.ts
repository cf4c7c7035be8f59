import { describe, expect, it } from "vitest";
import { percentDecode } from "../../schemas/model/percent.ts";
import { parseQueryParams, urlPathOf } from "./query-params.ts";

describe("query parameters", () => {
  it.each<[string, Record<string, string> | undefined]>([
    ["/a", undefined],
    ["/a?", undefined],
    ["/a?&&", undefined],
    ["/a?b=1", { b: "1" }],
    ["/a?b=1&c=2&b=3", { b: "1", c: "2" }],
    ["/a?b", { b: "" }],
    ["/a?b=", { b: "" }],
    ["/a?=x", undefined],
    ["/a?b=c=d", { b: "c=d" }],
    ["/a?b=c?d", { b: "c?d" }],
    ["/a?b%20c=d%2Fe", { "b c": "d/e" }],
    ["/a?b=%zz%20c", { b: "%zz c" }],
    ["/a?b=%ff", { b: "%ff" }],
    ["/a?b=c+d", { b: "c+d" }],
    ["/a?b=1#c=2", { b: "1" }],
    ["/a?__proto__=x", Object.fromEntries([["__proto__", "x"]])],
  ])("of %s", (path, expected) => {
    const params = parseQueryParams(path);
    expect(params && Object.fromEntries(params)).toEqual(expected);
  });

  it("come after the path", () => {
    expect([urlPathOf("/a?b?c"), urlPathOf("/a"), urlPathOf("?"), urlPathOf("")]).toEqual(["/a", "/a", "", ""]);
  });
});

describe("percent decoding", () => {
  it.each([
    ["a", "a"],
    ["%41", "A"],
    ["%e2%82%ac", "€"],
    ["%E2%82%AC%zz", "€%zz"],
    ["%", "%"],
    ["100%", "100%"],
    ["%4", "%4"],
    ["%ff%41", "%ff%41"],
    ["%00", "\0"],
  ])("%s", (text, decoded) => {
    expect(percentDecode(text)).toBe(decoded);
  });
});

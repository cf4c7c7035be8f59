import { describe, expect, it } from "vitest";
import { compile } from "./compile.ts";
import { compiled, problems, vocabulary } from "./expr.fixture.ts";

describe("types", () => {
  it.each([
    ["request.path", "STRING"],
    ["request.headers", "STRING_MAP"],
    ["request.headers.host", "STRING"],
    ["response.code + 1", "INT64"],
    ["response.duration + duration('1s')", "DURATION"],
    ["response.time - request.time", "DURATION"],
    ["source.ip", "IP_ADDRESS"],
    ["test.dns", "DNS_NAME"],
    ['test.dns | "x"', "STRING"],
    ['cidr("10.0.0.0/8")', "cidr"],
    ["[1, 2]", "list(INT64)"],
    ["[1, 'a']", "list(dyn)"],
    ["[]", "list(dyn)"],
    ["{'a': 'b'}", "STRING_MAP"],
    ["{1: 2.0}", "map(INT64, DOUBLE)"],
    ["request.headers.map(k, size(k))", "list(INT64)"],
    ["dyn(1)", "dyn"],
    ["null", "null"],
    ["1u", "uint"],
    ["b'a'", "bytes"],
    ["type(1)", "type"],
    ["dyn(1) + dyn(2)", "dyn"],
    ["dyn(1) < dyn(2)", "BOOL"],
    ["size(dyn('a'))", "INT64"],
  ])("%s is %s", (text, type) => expect(compiled(text).type).toBe(type));
});

describe("problems", () => {
  it.each([
    [
      'response.code == "200"',
      "1:15 == needs both sides of one type, got INT64 and STRING; expected INT64, written 200",
    ],
    ["request.path == 1", '1:14 == needs both sides of one type, got STRING and INT64; expected STRING, written "1"'],
    [
      'source.ip == "10.0.0.1"',
      '1:11 == needs both sides of one type, got IP_ADDRESS and STRING; expected IP_ADDRESS, written ip("10.0.0.1")',
    ],
    [
      'response.duration > "1s"',
      '1:19 > needs both sides of one type, got DURATION and STRING; expected DURATION, written duration("1s")',
    ],
    ["test.double == 1", "1:13 == needs both sides of one type, got DOUBLE and INT64; expected DOUBLE, written 1.0"],
    [
      "request.path == null",
      "1:14 == needs both sides of one type, got STRING and null; whether an attribute is there is asked with has()",
    ],
    ["request.headers < request.headers", "1:17 values of STRING_MAP have no order"],
    ["source.ip < source.ip", "1:11 values of IP_ADDRESS have no order"],
    ["source.workload.nam", '1:1 unknown attribute "source.workload.nam"; did you mean source.workload.name?'],
    ["request.header.foo", '1:1 unknown attribute "request.header.foo"; did you mean request.headers?'],
    ["unknown", '1:1 unknown attribute "unknown"; a text is written in quotes: "..."'],
    [
      "response.code.x",
      '1:15 unknown attribute "response.code.x": response.code is INT64 and has no fields; did you mean response.code?',
    ],
    ['request.path.startWith("x")', '1:14 unknown method "startWith"; did you mean startsWith?'],
    ["siz(request.path)", '1:1 unknown function "siz"; did you mean size?'],
    ['startsWith(request.path, "x")', "1:1 startsWith() is written x.startsWith(...)"],
    ["request.path.ip()", "1:14 ip() is written ip(x, ...)"],
    ["request.path.startsWith(1)", "1:25 argument 1 of startsWith() must be STRING, got INT64"],
    ["response.code.startsWith('1')", "1:1 the target of startsWith() must be STRING, got INT64"],
    ["request.path.startsWith()", "1:14 no startsWith() for STRING; expected STRING.startsWith(STRING)"],
    ["request.path + 1", "1:14 no + for STRING and INT64; expected"],
    ["!request.path", "1:1 no ! for STRING; expected !BOOL"],
    ["request.path && true", "1:1 each side of && must be BOOL, got STRING"],
    ["response.code ? 1 : 2", "1:1 the condition of ?: must be BOOL, got INT64"],
    ["true ? 1 : 'a'", "1:6 both results of ?: need one type, got INT64 and STRING"],
    [
      'response.code | "0"',
      "1:15 all sides of | need one type, got INT64 and STRING; expected INT64, or string(response.code) on the left",
    ],
    ['request.path + "a" | 1', "use parentheses"],
    ["1 in request.path", "1:3 the right side of in must be a list or a map, got STRING"],
    ["1 in ['a']", "1:3 in needs a STRING on its left for a list(STRING), got INT64"],
    ["request.path[0]", "1:13 STRING cannot be indexed"],
    ["[1]['a']", "1:5 a list is indexed by INT64, got STRING"],
    ["request.headers[1]", "1:17 STRING_MAP is indexed by STRING, got INT64"],
    ["{1.5: 1}", "1:2 a map key must be STRING, INT64, uint or BOOL, got DOUBLE"],
    ["{1: 1, 1u: 2}", "a map has the same key twice"],
    ["request.path.all(x, true)", "1:14 all() takes a list or a map, got STRING"],
    ["[1].all(x, x)", "the condition of all() must be BOOL, got INT64"],
    ['ip("10.0.0.300")', '1:4 "10.0.0.300" is no IP address'],
    ['cidr("10.0.0.0/33")', '1:6 "10.0.0.0/33" is no block'],
    ['cidr("10.0.0.0/8").contains("x")', '1:29 "x" is no IP address'],
    ['duration("1 day")', '1:10 "1 day" is no duration'],
    ['timestamp("yesterday")', '1:11 "yesterday" is no time'],
    ['request.path.matches("(")', "1:22 bad pattern"],
    ['request.path.glob("a\\\\")', "1:19 a pattern cannot end with a single backslash"],
    ['request.time.getHours("Mars/Base")', '1:23 unknown time zone "Mars/Base"'],
    ["\n  response.cod", '2:3 unknown attribute "response.cod"; did you mean response.code?'],
    ["'😀' == 1", "1:5 == needs both sides of one type"],
  ])("%s", (text, message) => {
    const found = problems(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });

  it("are all reported, each once", () => {
    expect(problems('request.pth == "x" && response.cod > 1 && size(request.headr) + 1 == 2')).toHaveLength(3);
  });

  it("carry the nearest name apart from the message", () => {
    const result = compile("request.pth", { vocabulary });
    expect(result).toEqual({
      ok: false,
      problems: [{ line: 1, column: 1, message: expect.any(String), suggestion: "request.path" }],
    });
  });
});

describe("names", () => {
  it("are the longest known attribute, then keys of its map", () => {
    expect(compiled("request.headers.path").type).toBe("STRING");
    expect(problems("request.headers.path.x")).toEqual(["1:22 STRING has no fields, so .x means nothing here"]);
  });

  it("of macro variables hide attributes", () => {
    expect(problems("[1].all(request, request > 0)")).toEqual([]);
    expect(problems("[1].all(request, request.path == 'x')")).toHaveLength(1);
  });

  it("with other characters are written in back quotes", () => {
    expect(compiled("request.headers.`x-request-id`").type).toBe("STRING");
  });
});

import { describe, expect, it } from "vitest";
import { compiled, evaluate, type Given, slotsOf } from "./expr.fixture.ts";

const headers = new Map([
  ["host", "shop"],
  ["x-team", "checkout"],
]);

describe("absence", () => {
  const given: Given = { "request.headers": headers, "response.code": 200, "request.path": "" };

  it.each([
    ["request.method", "absent: request.method is absent"],
    ["request.headers.accept", 'absent: request.headers["accept"] is absent'],
    ["response.headers['host'] == 'x'", "absent: response.headers is absent"],
    ["response.headers['host'] != 'x'", "absent: response.headers is absent"],
    ["request.headers['accept'] == 'x'", 'absent: request.headers["accept"] is absent'],
    ["string(response.headers['host']) == 'x'", "absent: response.headers is absent"],
    ["request.headers[request.path]", "absent: request.headers has no such key"],
    ["{1: 2}[3]", "absent: the map[3] is absent"],
    ["request.method == 'GET'", "absent: request.method is absent"],
    ["request.method + 'x'", "absent: request.method is absent"],
    ["request.method | 'GET'", "GET"],
    ["request.path | 'x'", ""],
    ["request.method | request.path | 'x'", ""],
    ["request.method | request.host", "absent: request.host is absent"],
    ["request.headers.accept | request.headers.host | 'x'", "shop"],
    ["(request.method + 'x') | 'y'", "y"],
    ["request.headers[request.method] | 'y'", "y"],
    ["response.headers['x'] | 'y'", "y"],
    ["string(response.code) | '0'", "200"],
    ["string(response.size) | '0'", "0"],
    ["(request.method | 'GET') == 'GET'", true],
    ["(request.method | 'GET') != 'GET'", false],
    ["1 / 0 | 2", "fault: division by zero"],
    ["[1][5] | 2", "fault: the index is outside of the list"],
    ["has(request.method)", false],
    ["has(request.path)", true],
    ["has(request.headers.accept)", false],
    ["has(request.headers['host'])", true],
    ["has(response.headers.host)", false],
    ["has({'a': 1}.b)", false],
    ["has([1][1 / 0])", "fault: division by zero"],
    ["'host' in request.headers", true],
    ["'accept' in request.headers", false],
    ["'host' in response.headers", "absent: response.headers is absent"],
  ])("%s is %j", (text, expected) => expect(evaluate(text, given)).toEqual(expected));
});

describe("&& and ||", () => {
  const sides = {
    true: "connection.mtls",
    false: "!connection.mtls",
    absent: "context.reporter.local",
    fault: "1 / 0 > 0",
  };
  const order = ["absent", "fault"];
  const cases = Object.entries(sides).flatMap((a) => Object.entries(sides).map((b) => [a, b] as const));

  it.each(cases)("absorb failures if the other side decides: %j, %j", ([a, left], [b, right]) => {
    const run = (sign: string) =>
      String(evaluate(`${left} ${sign} ${right}`, { "connection.mtls": true })).split(":")[0];
    const fails = order.includes(a) ? a : b;
    expect(run("&&")).toBe([a, b].includes("false") ? "false" : a === "true" && b === "true" ? "true" : fails);
    expect(run("||")).toBe([a, b].includes("true") ? "true" : a === "false" && b === "false" ? "false" : fails);
  });

  it("give the first failure of many", () => {
    expect(evaluate("true && context.reporter.local && 1 / 0 > 0 && true")).toMatch(/^absent/);
    expect(evaluate("1 / 0 > 0 || false || context.reporter.local")).toMatch(/^fault/);
    expect(evaluate("1 / 0 > 0 || false || true")).toBe(true);
  });
});

describe("shapes that are fused", () => {
  const given: Given = {
    "context.protocol": "http",
    "response.code": 503,
    "request.headers": headers,
    "response.duration": 2_000_000_000,
    "request.size": 9223372036854775807n,
    "connection.mtls": false,
    "test.double": Number.NaN,
    "context.weight": 2,
  };

  it.each([
    ['context.protocol == "http"', true],
    ['"http" == context.protocol', true],
    ['context.protocol != "http"', false],
    ["connection.mtls == false", true],
    ["test.double == test.double", false],
    ["response.code >= 500", true],
    ["500 <= response.code", true],
    ["500 > response.code", false],
    ["response.code < 503", false],
    ["response.code <= 503", true],
    ["request.size > 5", true],
    ["request.size == 9223372036854775807", true],
    ["context.weight > 1", true],
    ['response.duration > duration("1s")', true],
    ['duration("1s") > response.duration', false],
    ['context.protocol == "grpc" || context.protocol == "http"', true],
    ['context.protocol == "grpc" || "http" == context.protocol || context.protocol == "tcp"', true],
    ['context.protocol == "a" || context.protocol == "b" || context.protocol == "c" || context.protocol == "d"', false],
    ['context.protocol in ["grpc", "http"]', true],
    ["response.code in [200, 201, 202, 203]", false],
    ["response.code in [503.0]", "problem"],
    ["request.size in [9223372036854775807, 1, 2, 3]", true],
    ['request.headers["x-team"] == "checkout"', true],
    ['(request.headers.missing | "none") == "none"', true],
    ['source.name | context.protocol | "x"', "http"],
    ['request.headers.missing | request.headers.host | "x"', "shop"],
    ["context.weight == 2.0", true],
  ])("%s is %j", (text, expected) => {
    if (expected === "problem") expect(() => compiled(text)).toThrow("needs a DOUBLE");
    else expect(evaluate(text, given)).toEqual(expected);
  });

  it.each([
    'context.protocol == "http"',
    "response.code >= 500",
    'context.protocol == "a" || context.protocol == "b"',
    'context.protocol in ["a", "b", "c", "d"]',
    'request.headers["x"] == "y"',
    "string(response.code) == '0'",
  ])("%s is absent where its attribute is", (text) => expect(evaluate(text)).toMatch(/^absent: /));

  it("predicates give the same failure object each time", () => {
    for (const text of ["response.code >= 500", 'request.headers["x"] == "y"', "request.path.startsWith('/')"]) {
      const { evaluate: run } = compiled(text);
      expect(run(slotsOf({}))).toBe(run(slotsOf({})));
    }
  });
});

describe("macros over attributes", () => {
  it.each([
    ["request.headers.exists(k, k.startsWith('x-'))", true],
    ["request.headers.all(k, v, v.size() > 4)", false],
    ["request.headers.filter(k, k != 'host')", ["x-team"]],
    ["request.headers.map(k, request.headers[k])", ["shop", "checkout"]],
    [
      "request.headers.transformMap(k, v, v + '!')",
      new Map([
        ["host", "shop!"],
        ["x-team", "checkout!"],
      ]),
    ],
    ["request.headers.exists_one(k, request.headers[k] == 'shop')", true],
    [
      "[1, 2].map(x, [3, 4].map(y, x * y))",
      [
        [3, 4],
        [6, 8],
      ],
    ],
    ["[1, 2].exists(x, x / 0 == 1 || x == 2)", true],
    ["request.query_params.exists(k, true)", "absent: request.query_params is absent"],
    ["cel.bind(h, request.headers.host, h + h)", "shopshop"],
    ["cel.bind(h, request.method, has(h) ? h : 'none')", "none"],
  ])("%s", (text, expected) => expect(evaluate(text, { "request.headers": headers })).toEqual(expected));
});

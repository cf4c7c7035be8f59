import { describe, expect, it } from "vitest";
import { slotOf } from "../../schemas/attributes/vocabulary.ts";
import { compile } from "./compile.ts";
import { compiled, evaluate, problems, slotsOf, vocabulary } from "./expr.fixture.ts";

describe("compile", () => {
  it("gives text, type and the slots in ascending order", () => {
    const expression = compiled('source.ip == origin.ip && request.path | "x" == "/" && has(request.headers.host)');
    expect(expression.type).toBe("BOOL");
    expect(expression.slots).toEqual(
      [slotOf("request.path"), slotOf("request.headers"), slotOf("origin.ip"), slotOf("source.ip")].sort(
        (a, b) => a - b,
      ),
    );
  });

  const [code, path, mtls, ip] = [
    slotOf("response.code"),
    slotOf("request.path"),
    slotOf("connection.mtls"),
    slotOf("source.ip"),
  ];

  it.each([
    ['request.path == "/"', [{ slot: path, value: "/" }]],
    [
      '"/" == request.path && 200 == response.code',
      [
        { slot: path, value: "/" },
        { slot: code, value: 200 },
      ],
    ],
    [
      'request.path == "/" && (response.code == 200 && connection.mtls)',
      [
        { slot: path, value: "/" },
        { slot: code, value: 200 },
        { slot: mtls, value: true },
      ],
    ],
    ["!connection.mtls", [{ slot: mtls, value: false }]],
    ["connection.mtls == false", [{ slot: mtls, value: false }]],
    ['source.ip == ip("::ffff:10.0.0.1")', [{ slot: ip, value: "10.0.0.1" }]],
    ['request.path | "x" == "/"', []],
    ['request.path == "/" || response.code == 200', []],
    ['!(request.path == "/")', []],
    ['request.path != "/"', []],
    ["response.code == 9223372036854775807", []],
    ["request.path == request.method", []],
    ["true ? response.code == 200 : false", []],
  ])("%s requires %j", (text, requires) => expect(compiled(text).requires).toEqual(requires));

  it("asks for the result type that was expected", () => {
    expect(problems("1 + 2", ["BOOL"])).toEqual(["1:1 expected BOOL, got INT64"]);
    expect(problems("dyn(true)", ["BOOL"])).toEqual(["1:1 expected BOOL, got dyn"]);
    expect(problems("1 + 2", ["BOOL", "INT64"])).toEqual([]);
    expect(problems("test.dns", ["STRING"])).toEqual([]);
    expect(problems("source.ip", ["STRING"])).toHaveLength(1);
  });

  it("reports what is wrong rather than a type that follows from it", () => {
    expect(problems("request.pth", ["BOOL"])).toEqual([expect.stringContaining("unknown attribute")]);
  });
});

describe("results of attribute types", () => {
  const given = {
    "test.double": 2.5,
    "response.duration": 1_500_000_000,
    "source.ip": "10.0.0.1",
    "request.time": { seconds: 10, nanos: 5 },
    "response.code": 503,
  };

  it.each([
    ["test.double | 1.0", 2.5],
    ["[test.double][0]", 2.5],
    ["[response.duration].map(d, d + d)[0]", 3_000_000_000],
    ["{'a': source.ip}['a']", "10.0.0.1"],
    ["{'a': source.ip}.a", "10.0.0.1"],
    ["cel.bind(x, test.double, x * x)", 6.25],
    ["request.time + response.duration", { seconds: 11, nanos: 500_000_005 }],
    ["9007199254740991 + 1", 9007199254740992n],
    ["9007199254740993 - 3", 9007199254740990],
    ["-(0)", 0],
    ["0 * -5", 0],
    ["-4 % 2", 0],
    ["-1 / 2", 0],
    ["{'a': 'b'}", new Map([["a", "b"]])],
    ["conditional(response.code >= 500, 'bad', 'good')", "bad"],
  ])("%s comes as values are kept in slots", (text, expected) => expect(evaluate(text, given)).toEqual(expected));

  it("zero never is negative", () => {
    for (const text of ["-(0)", "0 * -5", "-4 % 2", "-1 / 2", "-0"]) expect(Object.is(evaluate(text), 0)).toBe(true);
  });
});

describe("limits", () => {
  it.each([
    ["parentheses", `${"(".repeat(300)}1${")".repeat(300)}`],
    ["negations", `${"!".repeat(300)}true`],
    ["sums", Array(300).fill("1").join("+")],
    ["selections", `request.headers${".a".repeat(300)}`],
    ["lists", `${"[".repeat(300)}${"]".repeat(300)}`],
    ["conditionals", `${"true ? 1 : ".repeat(300)}1`],
  ])("deep %s are refused with their place", (_name, text) => {
    expect(problems(text)).toEqual([expect.stringMatching(/^1:\d+ nested more than 200 deep$/)]);
  });

  it("a text full of mistakes is not searched to its end", () => {
    expect(problems(`[${Array(5000).fill("request.pth").join(",")}]`)).toHaveLength(100);
  });

  it("long chains of &&, || and | are not deep", () => {
    for (const sign of ["&&", "||"]) {
      const text = Array.from({ length: 2000 }, (_, i) => `response.code == ${i}`).join(sign);
      expect(evaluate(text, { "response.code": 1999 })).toBe(sign === "||");
    }
    expect(evaluate(Array(2000).fill("request.path").join("|"), { "request.path": "x" })).toBe("x");
  });

  it("a text over 64 KiB is refused", () => {
    expect(problems(`"${"x".repeat(70_000)}"`)).toEqual([expect.stringContaining("at most 65536 characters")]);
  });

  const hundred = `[${Array.from({ length: 100 }, (_, i) => i).join(",")}]`;

  it.each([
    ["nested macros", `${hundred}.all(a, ${hundred}.all(b, ${hundred}.all(c, a + b + c >= 0)))`],
    ["growing lists", `cel.bind(l, ${hundred}, l.map(a, l.map(b, l.map(c, l + l))))`],
    ["comparing what grew by doubling", `cel.bind(l, [1]${".map(x, [x, x])".repeat(60)}, l == l)`],
    ["growing texts", `['${"x".repeat(1000)}']${".map(x, x + x)".repeat(60)}`],
    ["work on long texts", `${hundred}.all(a, ${hundred}.all(b, request.path.matches('(x+x+)+y') == false))`],
  ])("%s ends with a fault", (_name, text) => {
    const result = evaluate(text, { "request.path": "x".repeat(10_000) });
    expect(result).toMatch(/^fault: (?:the evaluation took more than 100000 steps|the text would be longer than)/);
  });

  it("each evaluation has its own steps", () => {
    const expression = compiled(`${hundred}.map(a, ${hundred}.map(b, a * b)).size()`);
    for (let i = 0; i < 20; i++) expect(expression.evaluate(slotsOf({}))).toBe(100);
  });
});

describe("values of the wrong type", () => {
  it.each([
    ["request.headers.host == 'x'", { "request.headers": 5 }],
    ["request.path.startsWith('x')", { "request.path": 5 }],
    ["response.code > 5", { "response.code": new Map() }],
    ["response.code + 1 > 5", { "response.code": "x" }],
    ["request.time > timestamp(0)", { "request.time": "x" }],
    ["request.headers.exists(k, k == 'x')", { "request.headers": "abc" }],
    ["cidr('10.0.0.0/8').contains(source.ip)", { "source.ip": 7 }],
  ] as const)("%s does not throw", (text, given) => {
    expect(() => compiled(text).evaluate(slotsOf(given))).not.toThrow();
  });

  it("compile never throws", () => {
    for (const text of ["\0", "\ud800", "'\ud800'", "a".repeat(70_000), "((((", "`"]) {
      expect(() => compile(text, { vocabulary })).not.toThrow();
    }
  });
});

import { describe, expect, it } from "vitest";
import type { Value } from "../../schemas/model/value.ts";
import { instanceOf, problemsAt, valueIn, withInstance } from "./instances.fixture.ts";

describe("the severity of a log entry", () => {
  const severity = (text: string) =>
    instanceOf("logentry", withInstance(`{ template: logentry, params: { severity: ${text} } }`)).severity;

  it.each([
    ["info", "info"],
    ["ERROR", "error"],
    ["warning", "warn"],
    [`'"Default"'`, "Default"],
    [`'response.code >= 500 ? "error" : "info"'`, "error"],
    [`'request.headers["severity"]'`, "debug"],
  ])("%s is a word or an expression", (text, value) => {
    const record = { "response.code": 503, "request.headers": new Map([["severity", "debug"]]) };
    expect(valueIn(severity(text), record)).toBe(value);
  });

  it.each([
    [
      "inof",
      '"severity" cannot be "inof" (expected "trace", "debug", "info", "warn", "error" or "fatal", or an expression that gives one). Did you mean "info"?',
    ],
    [`'"Eror"'`, expect.stringMatching(/^"severity" cannot be "Eror" .* Did you mean "error"\?$/)],
    ["loud", expect.stringMatching(/^"severity" cannot be "loud" \(expected "trace", .*\)$/)],
    ["response.code", "expected STRING or DNS_NAME or EMAIL_ADDRESS or URI, got INT64"],
    ["response.cod", 'unknown attribute "response.cod". Did you mean "response.code"?'],
    ["5", '"severity" is a whole number (expected text)'],
  ])("%s is neither", (text, problem) => {
    expect(problemsAt(text, `{ template: logentry, params: { severity: ${text} } }`)).toEqual([problem]);
  });

  it("is the attribute, where one of that name is declared", () => {
    const text = withInstance("{ template: logentry, params: { severity: level } }", "{ level: { type: STRING } }");
    expect(instanceOf("logentry", text).severity.slots).toHaveLength(1);
  });

  it.each([
    [{ "response.code": 200 }, "info"],
    [{ "response.code": 404 }, "info"],
    [{ "response.code": 500 }, "error"],
    [{ "response.code": 200, "response.grpc_status": "14" }, "error"],
    [{ "response.code": 200, "response.grpc_status": "5" }, "info"],
    [{ "context.proxy_error_code": "UH" }, "error"],
    [{ "context.proxy_error_code": "DC" }, "info"],
    [{ "context.proxy_error_code": "UF,DC" }, "error"],
    [{ "context.protocol": "tcp" }, "info"],
    [{}, "info"],
  ])("is by default, for %o, %s", (record, word) => {
    const { severity } = instanceOf("logentry", withInstance("{ template: logentry }"));
    expect(valueIn(severity, record as Record<string, Value>)).toBe(word);
  });
});

describe("the variables of a log entry", () => {
  it("are expressions of any type, in their order", () => {
    const params = '{ variables: { headers: request.headers, at: request.time, n: 1, from: source.ip, ok: "true" } }';
    const { declaration, variables } = instanceOf(
      "logentry",
      withInstance(`{ template: logentry, params: ${params} }`),
    );
    expect(Object.entries(declaration.variables)).toEqual([
      ["headers", "STRING_MAP"],
      ["at", "TIMESTAMP"],
      ["n", "INT64"],
      ["from", "IP_ADDRESS"],
      ["ok", "BOOL"],
    ]);
    expect(variables.map(({ name }) => name)).toEqual(Object.keys(declaration.variables));
  });

  it("may be none", () => {
    const { variables } = instanceOf("logentry", withInstance("{ template: logentry, params: { variables: {} } }"));
    expect(variables).toEqual([]);
  });

  it.each([
    [
      "{ a: '[1, 2]' }",
      "[1",
      "expected STRING or INT64 or DOUBLE or BOOL or TIMESTAMP or DURATION or IP_ADDRESS or STRING_MAP or DNS_NAME or EMAIL_ADDRESS or URI, got list(INT64)",
    ],
    ["{ a: request.hots }", "request.hots", 'unknown attribute "request.hots". Did you mean "request.host"?'],
    ["{ a: { b: 1 } }", "{ b", '"a" is a mapping (expected text or a number or true or false)'],
  ])("%s is refused", (variables, where, problem) => {
    expect(problemsAt(where, `{ template: logentry, params: { variables: ${variables} } }`)).toEqual([problem]);
  });
});

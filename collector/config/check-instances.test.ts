import { describe, expect, it } from "vitest";
import { instanceOf, problemsAt, valueIn, withInstance } from "./instances.fixture.ts";
import { gauge, load, messages } from "./load.fixture.ts";

describe("settings of all templates", () => {
  it.each([
    [
      "{ template: logentry, params: { varables: {} } }",
      "varables",
      'unknown key "varables". Did you mean "variables"?',
    ],
    ["{ template: logentry, params: { timestamp: request.host } }", "request.host", "expected TIMESTAMP, got STRING"],
    [
      "{ template: edge, params: { source: { workloud: 1 } } }",
      "workloud",
      'unknown key "workloud". Did you mean "workload"?',
    ],
    [
      "{ template: edge, params: { destination: { name: request.headers } } }",
      "request.headers",
      expect.stringMatching(/^expected STRING .*, got STRING_MAP$/),
    ],
    [
      "{ template: tracespan, params: { kind: sever } }",
      "sever }",
      expect.stringMatching(/^"kind" cannot be "sever" .* Did you mean "server"\?$/),
    ],
    [
      "{ template: tracespan, params: { status: fine } }",
      "fine",
      expect.stringMatching(/^"status" cannot be "fine" \(expected "unset", "ok" or "error", or/),
    ],
    [
      "{ template: tracespan, params: { attributes: { a: request.hots } } }",
      "request.hots",
      'unknown attribute "request.hots". Did you mean "request.host"?',
    ],
    [
      "{ template: tracespan, params: { parent: trace.span_id } }",
      "parent",
      expect.stringMatching(/^unknown key "parent" \(expected "name", "kind", /),
    ],
    ["{ template: logentry, params: { redact: maybe } }", "maybe", '"redact" is text (expected true or false)'],
  ])("%s: what is wrong is told at its place", (settings, where, problem) => {
    expect(problemsAt(where, settings)).toEqual([problem]);
  });

  it("are refused by adapters that do not take the template", () => {
    const text = withInstance("{ template: edge }").replace("journal", "gauge");
    expect(messages(load([text], { adapters: [gauge] }))).toEqual([
      'a.yaml:5:58: "x" is an edge, which handler "j" does not take (expected "metric", as the adapter gauge takes)',
    ]);
  });
});

describe("sampling and redaction", () => {
  const entry = (params: string) =>
    instanceOf("logentry", withInstance(`{ template: logentry, params: { variables: {}, ${params} } }`));

  it.each([
    ["sample: { rate: 0.25 }", 0.25],
    ["sample: { rate: 1 }", 1],
    ["sample: { rate: 1e-7 }", 1e-7],
    ["sample: false", false],
    ["sample: 'response.code >= 500 ? 1.0 : 0.01'", 1],
    ["sample: response.code >= 500", true],
  ])("%s", (text, value) => {
    expect(valueIn(entry(text).sample, { "response.code": 500 })).toBe(value);
  });

  it.each([
    ["sample: { rate: 2 }", "2 }", '"rate" is too large (expected at most 1)'],
    ["sample: { rat: 1 }", "rat", 'unknown key "rat". Did you mean "rate"?'],
    ["sample: request.host", "request.host", "expected BOOL or DOUBLE or INT64, got STRING"],
    ["sample: 0.1", "0.1", '"sample" is a number (expected a mapping or text or true or false)'],
  ])("%s is refused", (text, where, problem) => {
    expect(problemsAt(where, `{ template: logentry, params: { ${text} } }`)).toEqual([problem]);
  });

  it("are off and on by default, and the other way round where it is said", () => {
    expect(entry("severity: info")).toMatchObject({ sample: undefined, redact: true });
    expect(entry("redact: false").redact).toBe(false);
    expect(instanceOf("edge", withInstance("{ template: edge, params: { redact: false } }")).redact).toBe(false);
    expect(instanceOf("tracespan", withInstance("{ template: tracespan, params: { redact: false } }")).redact).toBe(
      false,
    );
  });

  it("have names that several files add to", () => {
    const loaded = load(["redact: { headers: [x-one], replacement: '[gone]' }", "redact: { headers: ['x-two-*'] }\n"]);
    if (!loaded.ok) throw new Error(messages(loaded).join("\n"));
    expect(loaded.config.redact).toMatchObject({
      headers: ["x-one", "x-two-*"],
      keepHeaders: [],
      replacement: "[gone]",
    });
    expect(load(["redact:\n"])).toMatchObject({ config: { redact: { replacement: "***" } } });
  });

  it("refuse stars in the middle of names", () => {
    expect(messages(load(["redact: { keepQueryParams: [a, 'b*c'] }\n"]))).toEqual([
      'a.yaml:1:32: item 2 of "keepQueryParams": a star may stand at the beginning or end only',
    ]);
  });
});

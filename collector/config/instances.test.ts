import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineAdapter } from "../../adapters/adapter.ts";
import { AttributeRecord } from "../../schemas/model/record.ts";
import type { Value } from "../../schemas/model/value.ts";
import { EvalFailure, type Expression } from "../expr/expression.ts";
import { accessLogFields } from "./access-log-fields.ts";
import type { CheckedConfig, CheckedInstance } from "./checked.ts";
import { configJsonSchema } from "./json-schema.ts";
import { gauge, journal, load, messages } from "./load.fixture.ts";

/** A configuration whose one rule sends `x` to a journal. */
const withInstance = (settings: string, vocabulary = "{}") => `vocabulary: ${vocabulary}
handlers: { j: { adapter: journal } }
instances:
  x: ${settings}
rules: [{ name: all, actions: [{ handler: j, instances: [x] }] }]
`;

function checkedOf(text: string): CheckedConfig {
  const loaded = load([text], { adapters: [gauge, journal] });
  if (!loaded.ok) throw new Error(messages(loaded).join("\n"));
  return loaded.checked;
}

function instanceOf<T extends CheckedInstance["template"]>(template: T, text: string, name = "x") {
  const instance = checkedOf(text).instances.get(name);
  if (instance?.template !== template) throw new Error(`${name} is no ${template}`);
  return instance as Extract<CheckedInstance, { template: T }>;
}

/** What is wrong with an instance, and that it is said of the first `where` in its settings. */
function problemsAt(where: string, settings: string): string[] {
  const column = "  x: ".length + settings.indexOf(where) + 1;
  const place = `a.yaml:4:${column}: `;
  const found = messages(load([withInstance(settings)], { adapters: [journal] }));
  return found.map((problem) => (problem.startsWith(place) ? problem.slice(place.length) : problem));
}

const { vocabulary } = checkedOf(withInstance("{ template: logentry }"));

/** The value of an expression for a record with these attributes; failures by their kind. */
function valueIn(expression: Expression | undefined, attributes: Readonly<Record<string, Value>>): unknown {
  const { values } = new AttributeRecord(vocabulary.attributes.length);
  for (const [name, value] of Object.entries(attributes)) values[vocabulary.slot(name) as number] = value;
  const value = expression?.evaluate(values);
  return value instanceof EvalFailure ? value.kind : value;
}

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

describe("an edge", () => {
  it("has defaults for each part of each side that is left out", () => {
    const { source, destination, protocol } = instanceOf(
      "edge",
      withInstance("{ template: edge, params: { source: { workload: request.host } } }"),
    );
    const names = ["name", "namespace", "workload", "service", "uid", "owner", "cluster"];
    expect(source.map(({ name }) => name)).toEqual(names);
    expect(destination.map(({ name }) => name)).toEqual(names);
    expect(source[2]?.expression.text).toBe("request.host");
    expect(destination[2]?.expression.text).toBe("destination.workload.name");
    expect(valueIn(protocol, { "context.protocol": "grpc" })).toBe("grpc");
  });
});

describe("a span", () => {
  const span = instanceOf("tracespan", withInstance("{ template: tracespan }"));

  it.each([
    [{ "request.method": "GET", "route.template": "/items/{id}", "request.url_path": "/items/7" }, "GET /items/{id}"],
    [{ "request.method": "GET" }, "GET"],
    [{ "context.protocol": "grpc", "request.method": "POST", "request.url_path": "/shop.Cart/Add" }, "shop.Cart/Add"],
    [{ "context.protocol": "tcp" }, "tcp"],
    [{}, "request"],
  ])("of %o is named %s", (record, name) => {
    expect(valueIn(span.name, record as Record<string, Value>)).toBe(name);
  });

  const client = { "context.reporter.kind": "outbound" };
  it.each([
    [{ "response.code": 404 }, "unset"],
    [{ "response.code": 404, ...client }, "error"],
    [{ "response.code": 503 }, "error"],
    [{ "response.code": 200, "response.grpc_status": "5" }, "unset"],
    [{ "response.code": 200, "response.grpc_status": "5", ...client }, "error"],
    [{ "response.code": 200, "response.grpc_status": "0", ...client }, "unset"],
    [{ "context.proxy_error_code": "UF" }, "error"],
  ])("of %o has the status %s", (record, status) => {
    expect(valueIn(span.status, record as Record<string, Value>)).toBe(status);
  });

  it("belongs to the side that reports it", () => {
    const sides = { "source.canonical.name": "shop", "destination.service.name": "cart" };
    expect([valueIn(span.kind, sides), valueIn(span.service, sides)]).toEqual(["server", "cart"]);
    expect([valueIn(span.kind, client), valueIn(span.service, { ...client, ...sides })]).toEqual(["client", "shop"]);
    expect(valueIn(span.service, client)).toBe("unknown");
  });

  it("ends with the response, else after its duration", () => {
    const start = { seconds: 10, nanos: 0 };
    const end = { seconds: 12, nanos: 5 };
    expect(valueIn(span.endTime, { "request.time": start, "response.time": end })).toEqual(end);
    expect(valueIn(span.endTime, { "context.time": start, "response.duration": 1_500_000_000 })).toEqual({
      seconds: 11,
      nanos: 500_000_000,
    });
    expect(valueIn(span.endTime, { "request.time": start })).toBe("absent");
  });

  it("says what kind of error there was, where there was one", () => {
    const errorType = span.attributes.find(({ name }) => name === "error.type")?.expression;
    expect(valueIn(errorType, { "response.code": 503 })).toBe("503");
    expect(valueIn(errorType, { "context.proxy_error_code": "UF" })).toBe("UF");
    expect(valueIn(errorType, { "response.code": 200 })).toBe("absent");
  });
});

describe("built-in instances", () => {
  const rules = "rules: [{ name: all, actions: [{ handler: j, instances: [accesslog, edges] }] }]\n";
  const handlers = "handlers: { j: { adapter: journal } }\n";

  it("can be sent without a declaration", () => {
    const checked = checkedOf(handlers + rules);
    expect(checked.handlers.get("j")?.instances).toMatchObject([
      { name: "accesslog", template: "logentry", variables: { "http.response.status_code": "INT64" } },
      { name: "edges", template: "edge" },
    ]);
    expect(checked.config.instances).toEqual({});
  });

  it("give way to declared ones of their name, of any template", () => {
    const declared =
      "instances: { accesslog: { template: metric }, edges: { template: logentry, params: { variables: {} } } }\n";
    const { instances } = checkedOf(handlers + declared + rules);
    expect(instances.get("accesslog")?.template).toBe("metric");
    expect(instances.get("edges")).toMatchObject({ template: "logentry", variables: [] });
  });

  it("are suggested", () => {
    expect(messages(load([handlers + rules.replace("accesslog", "acceslog")], { adapters: [journal] }))).toEqual([
      'a.yaml:2:58: unknown instance "acceslog". Did you mean "accesslog"?',
    ]);
  });
});

describe("the default access log", () => {
  const { variables } = instanceOf("logentry", handlersOnly(), "accesslog");
  const field = (name: string) => variables.find((variable) => variable.name === name)?.expression;

  it("names its variables after OpenTelemetry, else as the vocabulary does", () => {
    const known = new Set(
      vocabulary.attributes.flatMap(({ name, otel }) => [name, ...(otel === undefined ? [] : [otel])]),
    );
    const derived = [
      ...["http.request.header.referer", "network.protocol.name", "network.transport"],
      ...[
        "destination.address",
        "http.server.request.duration",
        "rpc.system",
        "rpc.grpc.status_code",
        "trace_id",
        "span_id",
      ],
    ];
    expect(
      Object.keys(accessLogFields)
        .filter((name) => !known.has(name))
        .sort(),
    ).toEqual(derived.sort());
  });

  it.each([
    ["url.query", { "request.path": "/a?b=c&d" }, "b=c&d"],
    ["url.query", { "request.path": "/a" }, "fault"],
    ["server.address", { "request.host": "shop.example:8080" }, "shop.example"],
    ["server.address", { "request.host": "shop.example" }, "shop.example"],
    ["server.address", { "request.host": "[2001:db8::1]:80" }, "2001:db8::1"],
    ["client.address", { "source.ip": "10.0.0.1" }, "10.0.0.1"],
    ["http.server.request.duration", { "response.duration": 12_500_000 }, 0.0125],
    ["network.protocol.name", { "context.protocol": "grpc" }, "http"],
    ["network.protocol.name", { "context.protocol": "tcp" }, "absent"],
    ["network.transport", { "context.protocol": "tcp" }, "tcp"],
    ["rpc.grpc.status_code", { "response.grpc_status": "14" }, 14],
    ["rpc.system", { "context.protocol": "http" }, "absent"],
    ["upstream.duration", { "upstream.duration": 2_000_000 }, 0.002],
  ])("%s of %o is %o", (name, record, value) => {
    expect(valueIn(field(name), record as Record<string, Value>)).toBe(value);
  });

  it("says nothing of what a record does not tell", () => {
    expect(variables.filter(({ expression }) => typeof valueIn(expression, {}) !== "string")).toEqual([]);
    expect(variables.length).toBeGreaterThan(40);
  });

  function handlersOnly(): string {
    return "handlers: { j: { adapter: journal } }\nrules: [{ name: r, actions: [{ handler: j, instances: [accesslog] }] }]\n";
  }
});

describe("an adapter's own expressions", () => {
  const handler = (params: string) => `handlers:
  j: { adapter: journal, params: ${params} }
rules: [{ name: all, actions: [{ handler: j, instances: [accesslog] }] }]
`;
  const computedOf = (params: string) => checkedOf(handler(params)).handlers.get("j")?.computed ?? new Map();

  it("are compiled, those of defaults too; other settings are text", () => {
    const given = computedOf("{ topic: request.host, key: 'source.workload.name | \"x\"' }");
    expect([...given.keys()]).toEqual(["key", "path"]);
    expect(valueIn(given.get("key"), {})).toBe("x");
    expect(valueIn(given.get("path"), {})).toBe("all");
    expect([...computedOf("{ path: string(response.code) }").keys()]).toEqual(["path"]);
  });

  it("stay as they are written for the adapter, and in what is shown", () => {
    const checked = checkedOf(handler("{ key: request.host }"));
    expect(checked.handlers.get("j")?.params).toEqual({ key: "request.host", path: '"all"' });
    expect(checked.shown.config).toMatchObject({ handlers: { j: { params: { key: "request.host" } } } });
  });

  it.each([
    ["{ key: request.hots }", 'a.yaml:2:41: unknown attribute "request.hots". Did you mean "request.host"?'],
    ["{ key: request.headers }", expect.stringMatching(/^a\.yaml:2:41: expected STRING .*, got STRING_MAP$/)],
    ["{ key: 'request.host == ' }", expect.stringMatching(/^a\.yaml:2:58: /)],
    ["{ key: 5 }", 'a.yaml:2:41: "key" is a whole number (expected text)'],
  ])("%s is refused at its place", (params, problem) => {
    expect(messages(load([handler(params)], { adapters: [journal] }))).toEqual([problem]);
  });

  it("are an adapter's fault where its default is none", () => {
    const config = z.strictObject({ key: z.string().meta({ expression: true }).default("no.such.name") });
    const broken = defineAdapter({ ...journal, config });
    expect(messages(load([handler("{}")], { adapters: [broken] }))).toEqual([
      'a.yaml:2:34: the adapter journal has no good default for "key"',
    ]);
  });

  it("are plain text to editors", () => {
    const schema = JSON.stringify(configJsonSchema([journal]));
    expect(schema).not.toContain('"expression"');
    expect(schema).toContain('"key":{"type":"string"}');
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

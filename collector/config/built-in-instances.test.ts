import { describe, expect, it } from "vitest";
import type { Value } from "../../schemas/model/value.ts";
import { accessLogFields } from "./access-log-fields.ts";
import { checkedOf, instanceOf, valueIn, vocabulary } from "./instances.fixture.ts";
import { journal, load, messages } from "./load.fixture.ts";

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

import { describe, expect, it } from "vitest";
import type { InstanceDeclaration, LogEntryDeclaration } from "../../schemas/model/instance.ts";
import { declareMetric } from "../testing/metric-instance.ts";
import { config } from "./config.ts";
import { validate } from "./validate.ts";

const log = (name: string, ...variables: string[]): LogEntryDeclaration => ({
  name,
  template: "logentry",
  variables: Object.fromEntries(variables.map((variable) => [variable, "STRING"])),
});
const edge: InstanceDeclaration = { name: "calls", template: "edge" };

const problemsOf = (settings: object, ...instances: InstanceDeclaration[]) =>
  validate(config.parse({ licenseKey: "k", ...settings }), instances).map(({ path, message }) => [path, message]);

describe("newrelic", () => {
  it("finds nothing wrong with what works", () => {
    const span: InstanceDeclaration = { name: "spans", template: "tracespan", attributes: { "http.route": "STRING" } };
    const settings = { accountId: 1, events: { access: "A" }, attributes: { "service.name": "mesh" } };
    expect(
      problemsOf(settings, log("access", "path", "level"), edge, span, declareMetric("requests", ["code"])),
    ).toEqual([]);
    expect(problemsOf({}, log("access", "path"))).toEqual([]);
    expect(problemsOf({ eventUrl: "https://events.test/" }, edge)).toEqual([]);
  });

  it("needs an account for events", () => {
    const message = expect.stringMatching(/^"calls" is sent as events.*Give accountId, or eventUrl$/);
    expect(problemsOf({}, log("access"), edge)).toEqual([[[], message]]);
    expect(problemsOf({ events: { access: "A" } }, log("access"))).toEqual([
      [[], expect.stringContaining('"access" is')],
    ]);
  });

  it("knows the instances that become events", () => {
    expect(
      problemsOf({ accountId: 1, events: { acess: "A", hits: "B" } }, log("access"), declareMetric("hits")),
    ).toEqual([
      [["events", "acess"], 'no rule sends an instance "acess" to this handler'],
      [["events", "hits"], '"hits" is a metric; only log entries and edges can be events'],
    ]);
  });

  it.each<[string, object, InstanceDeclaration, string]>([
    ["logs", {}, log("access", "timestamp"), "timestamp"],
    ["events", { accountId: 1, events: { access: "A" } }, log("access", "eventType"), "eventType"],
    ["spans", {}, { name: "spans", template: "tracespan", attributes: { guid: "STRING" } }, "guid"],
    [
      "spans, which have a field so",
      {},
      { name: "spans", template: "tracespan", attributes: { name: "STRING" } },
      "name",
    ],
  ])("refuses reserved names in %s", (_, settings, instance, name) => {
    const message = `"${name}" of the instance "${instance.name}" is a name that New Relic keeps for itself. Give it another`;
    expect(problemsOf(settings, instance)).toEqual([[[], message]]);
  });

  it("refuses reserved names and its own name in the dimensions of a metric", () => {
    const metrics = { requests: { name: "hits", kind: "gauge" } };
    expect(problemsOf({ metrics }, declareMetric("requests", ["code", "value", "hits"]))).toEqual([
      [
        ["metrics", "requests"],
        'dimension "value" of the instance "requests" is a name that New Relic keeps for itself. Give it another',
      ],
      [["metrics", "requests"], '"hits" is a metric and an attribute of it. Rename one of them'],
    ]);
    expect(problemsOf({ attributes: { requests: 1 } }, declareMetric("requests"))).toEqual([
      [[], '"requests" is a metric and an attribute of it. Rename one of them'],
    ]);
  });

  it("refuses names of metrics that are too long", () => {
    const named = (length: number) => ({ metrics: { requests: { name: "n".repeat(length) } } });
    expect(problemsOf(named(254), declareMetric("requests"))).toEqual([]);
    expect(problemsOf(named(255), declareMetric("requests"))).toEqual([
      [["metrics", "requests"], 'the name of "requests" has more than 254 characters'],
    ]);
  });

  it("refuses two metrics of one name, and settings of metrics that nobody sends", () => {
    const metrics = { a: { name: "hits" }, b: { name: "hits" }, c: {} };
    expect(problemsOf({ metrics }, declareMetric("a"), declareMetric("b")).map(([path]) => path)).toEqual([
      ["metrics", "c"],
      ["metrics", "b"],
    ]);
  });

  it("refuses reserved names in its own attributes", () => {
    expect(problemsOf({ attributes: { guid: "a", team: "mesh" } })).toEqual([
      [["attributes", "guid"], expect.stringContaining('the attribute "guid" is a name that')],
    ]);
  });

  it("refuses metrics with more attributes than New Relic takes", () => {
    const names = Array.from({ length: 150 }, (_, i) => `d${i}`);
    expect(problemsOf({}, declareMetric("requests", names))).toEqual([]);
    expect(problemsOf({ attributes: { team: "mesh" } }, declareMetric("requests", names))).toEqual([
      [[], '"requests" has 151 dimensions and attributes; New Relic takes 150'],
    ]);
  });
});

describe("settings", () => {
  it.each([
    ["a key with a space", { licenseKey: "a b" }],
    ["an empty key", { licenseKey: "" }],
    ["an unknown region", { licenseKey: "k", region: "mars" }],
    ["an event type with a dash", { licenseKey: "k", events: { access: "Mesh-Access" } }],
    ["nested attributes", { licenseKey: "k", attributes: { a: {} } }],
  ])("%s is refused", (_, settings) => {
    expect(config.safeParse(settings).success).toBe(false);
  });

  it("keep the key secret, and take an expression for the message", () => {
    expect(config.shape.licenseKey.meta()).toMatchObject({ secret: true });
    expect(config.shape.message.meta()).toMatchObject({ expression: true });
  });
});

import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineAdapter } from "../../adapters/adapter.ts";
import { checkedOf, valueIn } from "./instances.fixture.ts";
import { configJsonSchema } from "./json-schema.ts";
import { journal, load, messages } from "./load.fixture.ts";

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

  it("are told of together with other faults of the settings", () => {
    expect(messages(load([handler("{ topics: a, key: request.hots }")], { adapters: [journal] }))).toEqual([
      'a.yaml:2:36: unknown key "topics". Did you mean "topic"?',
      'a.yaml:2:52: unknown attribute "request.hots". Did you mean "request.host"?',
    ]);
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

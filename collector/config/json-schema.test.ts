// biome-ignore-all lint/suspicious/noTemplateCurlyInString: substitutions look like that
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { inventory } from "../../adapters/inventory.ts";
import { configJsonSchema } from "./json-schema.ts";
import { withReference } from "./reference.ts";

const root = resolve(import.meta.dirname, "../..");
const accepts = new Ajv2020({ allErrors: true, strict: false }).compile(configJsonSchema(inventory));

function faults(text: string): string[] {
  accepts(parse(text, { merge: true }));
  return (accepts.errors ?? []).map(({ instancePath, keyword }) => `${instancePath} ${keyword}`);
}

describe("the JSON Schema", () => {
  const files = [
    "config/default.yaml",
    "config/relay.yaml",
    "config/traces.yaml",
    ...readdirSync(`${root}/examples`)
      .filter((name) => name.endsWith(".yaml"))
      .map((name) => `examples/${name}`),
  ];
  it.each(files)("accepts %s", (file) => {
    expect(faults(readFileSync(`${root}/${file}`, "utf8"))).toEqual([]);
  });

  const cases: readonly [string, string][] = [
    ["handler: {}", " additionalProperties"],
    ["handlers: { a: { adapter: 1 } }", "/handlers/a/adapter anyOf"],
    ["handlers: { a: { adapter: prometheus, params: { maxSerie: 1 } } }", "/handlers/a/params additionalProperties"],
    ["handlers: { a: { adapter: prometheus, params: { maxSeries: many } } }", "/handlers/a/params/maxSeries anyOf"],
    ["rules: [{ name: a }]", "/rules/0 required"],
    ["listeners: { grpc: { reporter: sideways } }", "/listeners/grpc/reporter anyOf"],
    ["instances: { a: { template: metrik } }", "/instances/a oneOf"],
  ];
  it.each(cases)("refuses %s", (text, fault) => {
    expect(faults(text)).toContain(fault);
  });

  it.each([
    "listeners: { grpc: { limits: { maxStreams: 5 } }, http: null }",
    'handlers: { a: { adapter: prometheus, params: { maxSeries: "${env:MAX:-5}" } } }',
    "handlers: { a: { adapter: ./webhook.ts, params: { anything: 1 } }, b: { adapter: '@me/mixdown-demo' } }",
    'listeners: { grpc: { reporter: "${env:SIDE}" } }',
  ])("accepts %s", (text) => {
    expect(faults(text)).toEqual([]);
  });
});

describe("the reference", () => {
  const page = "before\n<!-- generated: settings -->\nold\n<!-- end of generated part -->\nafter\n";
  it("stands between its marks and replaces what was there", () => {
    const made = withReference(page, inventory);
    expect(made).toMatch(
      /^before\n<!-- generated: settings -->\n\n### listeners\n[\s\S]*\n<!-- end of generated part -->\nafter\n$/,
    );
    expect(made).not.toContain("\nold\n");
    expect(withReference(made, inventory)).toBe(made);
  });

  it("has a line for each setting, of adapters too", () => {
    const made = withReference(page, inventory);
    expect(made).toContain("| `listeners.NAME.limits.maxStreams` | whole number | `1000` |");
    expect(made).toContain("| `rules[].actions[].instances` | list | required |");
    expect(made).toContain("| `maxSeries` | whole number | `10000` |");
  });

  it("needs its marks", () => {
    expect(() => withReference("no marks", inventory)).toThrow("generated: settings");
  });
});

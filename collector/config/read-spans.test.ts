import { expect, it } from "vitest";
import { inventory } from "../../adapters/inventory.ts";
import { compile } from "../expr/compile.ts";
import { loadConfig } from "./load.ts";

function load(params: string) {
  const text = `
handlers: { traces: { adapter: otlp, params: { endpoint: "http://tempo:4317" } } }
instances: { edited: { template: spans, params: ${params} } }
rules: [{ name: all, actions: [{ handler: traces, instances: [edited] }] }]
`;
  return loadConfig(["a.yaml"], { env: {}, adapters: inventory, compile, readFile: () => text });
}

it("reads edits", () => {
  const loaded = load('{ set: { a: request.method, n: 7 }, rename: { old: new }, redact: [c], delete: [d, "e.f"] }');
  expect(loaded.ok && loaded.checked.instances.get("edited")).toMatchObject({
    set: [{ name: "a" }, { name: "n" }],
    rename: new Map([["old", "new"]]),
    redact: ["c"],
    delete: ["d", "e.f"],
  });
});

it.each(["{ rate: 0.1 }", '"response.code >= 500 ? 1.0 : 0.1"', "true"])("reads what is sampled: %s", (sample) => {
  const loaded = load(`{ sample: ${sample} }`);
  expect(loaded.ok && loaded.checked.instances.get("edited")).toHaveProperty("sample.evaluate");
});

it.each([
  ["{ sample: request.method }", "sample"],
  ["{ sample: { rate: 2 } }", "sample"],
  ["{ set: { a: request.methd } }", "request.methd"],
  ["{ delete: d }", "delete"],
  ["{ rename: [] }", "rename"],
  ["{ remove: [d] }", "remove"],
])("says what is wrong with %s", (params, word) => {
  const loaded = load(params);
  expect(loaded.ok ? [] : loaded.problems.map(({ path, message }) => `${path} ${message}`)).toEqual([
    expect.stringContaining(word),
  ]);
});

import { expect, it } from "vitest";
import { inventory } from "../../adapters/inventory.ts";
import { compile } from "../expr/compile.ts";
import { loadConfig } from "./load.ts";
import { formatProblem } from "./problem.ts";

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

it("reads what is kept of each service", () => {
  const loaded = load('{ sample: { perService: "100/2s" } }');
  expect(loaded.ok && loaded.checked.instances.get("edited")).toMatchObject({
    sample: undefined,
    perService: { count: 100, windowMs: 2000 },
    tail: undefined,
  });
});

it("reads how whole traces are sampled", () => {
  const keep = `[{ name: errors, when: 'span.status == "error"' }, { name: slow, minDuration: 2s, minSpans: 3, rate: 0.5 }, { name: each, perService: 10/s }]`;
  const loaded = load(`{ tail: { quiet: 5s, quietAfterRoot: 500ms, maxBytes: 2000000, keep: ${keep} } }`);
  const none = { when: undefined, minDurationMs: undefined, minSpans: undefined, perService: undefined, rate: 1 };
  expect(loaded.ok && loaded.checked.instances.get("edited")).toMatchObject({
    tail: {
      ...{ quietMs: 5000, quietAfterRootMs: 500, longestMs: 60_000, maxBytes: 2_000_000, remember: 100_000 },
      keep: [
        { ...none, name: "errors", when: { text: 'span.status == "error"' } },
        { ...none, name: "slow", minDurationMs: 2000, minSpans: 3, rate: 0.5 },
        { ...none, name: "each", perService: { count: 10, windowMs: 1000 } },
      ],
    },
  });
});

const tailOf = (keep: string, more = "") => `{ tail: { keep: [${keep}]${more} } }`;

it.each([
  ['{ sample: { perService: "many" } }', "expected so many in a time, such as 100/1s or 5/m"],
  ['{ sample: { rate: 0.5, perService: "1/s" } }', '"sample" has both rate and perService'],
  ["{ sample: {} }", '"sample" does not say how much'],
  [`{ sample: true, tail: { keep: [{ name: all }] } }`, "whole traces are sampled by tail"],
  [`{ tail: { keep: [] } }`, "keep"],
  [`{ tail: {} }`, '"keep" is missing'],
  [tailOf("{ name: a, when: request.method }"), "expected BOOL, got STRING"],
  [tailOf("{ name: a, when: 'span.statu == \"error\"' }"), "span.statu"],
  [tailOf("{ name: a, when: span.statu }, { name: b }"), "span.statu"],
  [tailOf("{ name: a, wen: true }"), 'unknown key "wen". Did you mean "when"?'],
  [tailOf("{ name: a, rate: 2 }"), '"rate" is too large'],
  [tailOf("{ name: a, minDuration: soon }"), "expected a duration"],
  [tailOf("{ name: none }"), '"none" stands for traces that no rule fits'],
  [tailOf("{ name: a, when: true }, { name: a }"), 'another rule is called "a"'],
  [tailOf("{ name: a }, { name: b, when: true }"), 'no trace comes to "b": "a" before it takes all'],
  [tailOf("{ name: a, rate: 0.5, perService: 1/s }"), '"a" has both rate and perService'],
  [tailOf("{ name: a }", ", quiet: 2m"), "no trace waits so long"],
  [tailOf("{ name: a }", ", quietAfterRoot: 11s"), "a trace is decided after quiet"],
  [tailOf("{ name: a }", ", maxBytes: 5"), '"maxBytes" is too small'],
])("says what is wrong with %s", (params, message) => {
  const loaded = load(params);
  const found = loaded.ok ? [] : loaded.problems.map(formatProblem);
  expect(found).toEqual([expect.stringContaining(message)]);
  expect(found[0]).toMatch(/^a\.yaml:3:/);
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

import { expect, it } from "vitest";
import { inventory } from "../../adapters/inventory.ts";
import { compile } from "../expr/compile.ts";
import { loadConfig } from "./load.ts";

const files: Readonly<Record<string, string>> = {
  "limits.yaml": "{ domain: d, descriptors: [{ key: k, rate_limit: { unit: day, requests_per_unit: 1 } }] }",
};

function problemsOf(text: string): string[] {
  const loaded = loadConfig(["own.yaml"], {
    ...{ env: {}, adapters: inventory, compile },
    readFile: (path) => (path === "own.yaml" ? text : (files[path] ?? "")),
  });
  return loaded.ok ? [] : loaded.problems.map(({ message, suggestion }) => `${message} ${suggestion ?? ""}`.trim());
}

const handlers = `handlers:
  shared: { adapter: redis, params: { address: "127.0.0.1:6379" } }
  page: { adapter: prometheus }
`;
const limit = (store: string) =>
  `rules: [{ name: l, limit: { key: ["1"], rate: "1/1m", store: ${store} } }]\n${handlers}`;

it("limits count in memory or in a handler that keeps budgets", () => {
  expect(problemsOf(limit("memory"))).toEqual([]);
  expect(problemsOf(limit("shared"))).toEqual([]);
  expect(problemsOf(limit("page"))).toEqual([
    'the adapter prometheus of handler "page" keeps no budgets: expected memory, or a handler of redis',
  ]);
  expect(problemsOf(limit("sharde"))).toEqual([expect.stringContaining("shared")]);
});

it.each([
  ["{ address: a:1, cluster: [a:1] }", /one of address, sentinel and cluster/],
  ["{}", /one of address, sentinel and cluster/],
  ["{ address: nowhere }", /"address" has the wrong form/],
  ["{ address: a:1, timeout: soon }", /duration/],
])("settings of redis such as %s are refused", (params, message) => {
  expect(problemsOf(`handlers: { r: { adapter: redis, params: ${params} } }\n`).join()).toMatch(message);
});

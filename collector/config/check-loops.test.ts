import { hostname } from "node:os";
import { expect, it } from "vitest";
import { inventory } from "../../adapters/inventory.ts";
import { compile } from "../expr/compile.ts";
import { loadConfig } from "./load.ts";

function problemsOf(endpoint: string, address: string): string[] {
  const text = `
listeners: { grpc: { address: "${address}" }, http: null, admin: null }
handlers: { traces: { adapter: otlp, params: { endpoints: ["http://tempo:4317", "${endpoint}"] } } }
rules: [{ name: all, actions: [{ handler: traces, instances: [spans] }] }]
`;
  const loaded = loadConfig(["a.yaml"], { env: {}, adapters: inventory, compile, readFile: () => text });
  return loaded.ok ? [] : loaded.problems.map(({ path, message }) => `${path}: ${message}`);
}

it.each([
  ["http://127.0.0.1:4317", "127.0.0.1:4317"],
  ["http://localhost:4317", "127.0.0.1:4317"],
  ["http://[::1]:4317", "127.0.0.1:4317"],
  ["http://127.0.0.1:4317", "0.0.0.0:4317"],
  [`http://${hostname()}:4317`, "0.0.0.0:4317"],
  ["https://hub.mesh", "hub.mesh:443"],
])("refuses %s for a hub at %s", (endpoint, address) => {
  expect(problemsOf(endpoint, address)).toEqual([
    `handlers.traces.params: ${endpoint} is the hub's own listener grpc: what it sends there would come back to it`,
  ]);
});

it.each([
  ["http://127.0.0.1:4318", "127.0.0.1:4317"],
  ["http://tempo.mesh:4317", "0.0.0.0:4317"],
  ["http://127.0.0.1:4317", "127.0.0.1:0"],
  ["http://127.0.0.1:4317", "192.0.2.1:4317"],
])("takes %s for a hub at %s", (endpoint, address) => {
  expect(problemsOf(endpoint, address)).toEqual([]);
});

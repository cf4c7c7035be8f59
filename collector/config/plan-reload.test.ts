import { describe, expect, it } from "vitest";
import { gauge, load, messages } from "./load.fixture.ts";
import { planReload, type ReloadPlan } from "./plan-reload.ts";

const base = `
listeners: { grpc: { address: "127.0.0.1:1" } }
handlers:
  a: { adapter: gauge, params: { size: 5 } }
  b: { adapter: gauge }
instances:
  requests: { template: metric, params: { dimensions: { code: response.code } } }
rules:
  - { name: one, actions: [{ handler: a, instances: [requests] }] }
  - { name: two, actions: [{ handler: b, instances: [requests] }] }
`;

function checked(text: string) {
  const loaded = load([text]);
  if (!loaded.ok) throw new Error(messages(loaded).join("\n"));
  return loaded.checked;
}

const plan = (from: string, to: string): ReloadPlan => planReload(checked(base), checked(base.replace(from, to)));

describe("a plan of a reload", () => {
  it("is empty for the same settings, however they are written", () => {
    const found = plan("{ size: 5 }", "{ size: 0x5, ratio: 1 }");
    expect(found.handlers).toEqual({ added: [], removed: [], changed: [], unchanged: ["a", "b"] });
    expect(plan("# no such text", "").nothing).toBe(true);
  });

  it("names the handler whose settings changed, and only it", () => {
    expect(plan("size: 5", "size: 6").handlers).toEqual({ added: [], removed: [], changed: ["a"], unchanged: ["b"] });
  });

  it("names handlers whose plug-in was loaded anew", () => {
    const anew = load([base], { adapters: [{ ...gauge, open: async () => ({ record() {}, async close() {} }) }] });
    if (!anew.ok) throw new Error(messages(anew).join("\n"));
    const found = planReload(checked(base), anew.checked);
    expect([found.handlers.changed, found.nothing]).toEqual([["a", "b"], false]);
  });

  it("names handlers that get other instances", () => {
    expect(plan("code: response.code", "size: request.size")).toMatchObject({
      handlers: { changed: ["a", "b"] },
      instances: { changed: ["requests"] },
      rules: { changed: [], unchanged: ["one", "two"] },
      nothing: false,
    });
  });

  it("names handlers and rules that come and go", () => {
    const found = plan("  b: { adapter: gauge }", "  c: { adapter: gauge }\n  b: { adapter: gauge }");
    expect(found.handlers).toEqual({ added: ["c"], removed: [], changed: [], unchanged: ["a", "b"] });
    expect(plan("name: two", "name: three").rules).toMatchObject({ added: ["three"], removed: ["two"] });
  });

  it("names the settings of listeners that changed", () => {
    expect(plan('"127.0.0.1:1" }', '"127.0.0.1:2", reporter: inbound }, http: null').listeners).toEqual([
      { name: "grpc", what: "changed", settings: ["address", "reporter"] },
      { name: "http", what: "removed", settings: [] },
    ]);
  });

  it("tells of everything else", () => {
    expect(plan("handlers:", "routes: { learn: false }\nhandlers:")).toMatchObject({
      sections: ["routes"],
      nothing: false,
    });
  });
});

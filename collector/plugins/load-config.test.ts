import { expect, it } from "vitest";
import { compile } from "../expr/compile.ts";
import { loadConfigWithPlugins } from "./load-config.ts";
import type { PluginLoader } from "./loader.ts";

const none: PluginLoader = { load: async () => () => undefined, files: () => [], close() {} };
const texts: Readonly<Record<string, string>> = {
  "a.yaml": "rules: [{ name: a, allow: true }]",
  "b.yaml": "rules: [{ name: b, allow: true }]",
};

function load(files: readonly string[]) {
  const readFile = (path: string): string => {
    const text = texts[path];
    if (text === undefined) throw new Error("it is not there");
    return text;
  };
  return loadConfigWithPlugins(files, { env: {}, adapters: [], compile, readFile }, none);
}

it("lets others have their turn after each file and before all is checked", async () => {
  let turns = 0;
  let isLoading = true;
  const count = () => {
    if (!isLoading) return;
    turns++;
    setImmediate(count);
  };
  setImmediate(count);
  const loaded = await load(["a.yaml", "b.yaml"]);
  isLoading = false;
  expect(loaded.ok && loaded.checked.policy.map(({ name }) => name)).toEqual(["a", "b"]);
  expect(turns).toBeGreaterThanOrEqual(3);
});

it("tells of a file that cannot be read as if it were read at once", async () => {
  expect(await load(["a.yaml", "c.yaml"])).toMatchObject({
    ok: false,
    problems: [{ file: "c.yaml", message: expect.stringContaining("it is not there") }],
  });
});

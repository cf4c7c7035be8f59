import { renameSync, symlinkSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PluginOutcome } from "../config/plugin-outcome.ts";
import { createPluginLoader, type PluginLoader } from "./loader.ts";
import { declaration, type PluginFolder, pluginFolder, pluginText } from "./plugin-files.fixture.ts";

let folder: PluginFolder;
let plugins: PluginLoader;

beforeEach(() => {
  folder = pluginFolder();
  plugins = createPluginLoader({ builtIn: ["kafka"], cwd: folder.path, deadlineMs: 5000 });
});
afterEach(() => {
  plugins.close();
  folder.remove();
});

const config = () => `${folder.path}/conf/mesh.yaml`;

async function load(name: string, file = config()): Promise<PluginOutcome | undefined> {
  return (await plugins.load([{ name, file }]))(name, file);
}

async function adapterOf(name: string, file?: string) {
  const outcome = await load(name, file);
  if (!outcome?.ok) throw new Error(JSON.stringify(outcome));
  return outcome.adapter;
}

const summary = (text: string) => ({ summary: JSON.stringify(text) });

describe("what a handler may name", () => {
  test.each(["demo.ts", "demo.mts", "demo.js", "demo.mjs"])(
    "a file %s, from the folder of the configuration",
    async (file) => {
      folder.write(`conf/${file}`, pluginText(summary(`From ${file}.`)));
      expect((await adapterOf(`./${file}`)).summary).toBe(`From ${file}.`);
      expect((await adapterOf(file)).summary).toBe(`From ${file}.`);
      expect((await adapterOf(`${folder.path}/conf/${file}`)).summary).toBe(`From ${file}.`);
    },
  );

  test("types in a file, and what it imports beside it", async () => {
    folder.write("conf/demo.ts", `import { text } from "./lib/text.ts";\n${pluginText({ summary: "text as string" })}`);
    folder.write(
      "conf/lib/text.ts",
      'import type { Adapter } from "mixdown/adapter";\nexport const text: Adapter["summary"] = "Typed.";',
    );
    expect((await adapterOf("./demo.ts")).summary).toBe("Typed.");
  });

  test("a file in CommonJS", async () => {
    folder.write(
      "conf/demo.cjs",
      `const { defineAdapter, z } = require("mixdown/adapter");\nmodule.exports = defineAdapter(${declaration()});`,
    );
    expect((await adapterOf("./demo.cjs")).type).toBe("demo");
  });

  test.each(["conf/", ""])("a package installed at %s of configuration and working directory", async (place) => {
    folder.write(`${place}node_modules/@me/demo/package.json`, '{"type":"module","exports":{"import":"./main.js"}}');
    folder.write(`${place}node_modules/@me/demo/main.js`, pluginText());
    expect((await adapterOf("@me/demo")).type).toBe("demo");
  });

  test("a package in CommonJS with a compiler's default export", async () => {
    folder.write("node_modules/demo-cjs/package.json", '{"main":"index.js"}');
    folder.write(
      "node_modules/demo-cjs/index.js",
      `const { z } = require("mixdown/adapter");\nObject.defineProperty(exports, "__esModule", { value: true });\nexports.default = ${declaration()};`,
    );
    expect((await adapterOf("demo-cjs")).type).toBe("demo");
  });

  test("a single export that is not the default", async () => {
    folder.write(
      "conf/demo.ts",
      pluginText().replace("export default", "export const other = 1;\nexport const demo ="),
    );
    expect((await adapterOf("./demo.ts")).type).toBe("demo");
  });

  test("a name that is built in is no plug-in, whatever is installed", async () => {
    folder.write("node_modules/kafka/index.js", "throw new Error('imported')");
    expect(await load("kafka")).toBeUndefined();
  });

  test.each([
    "fs",
    "node:fs",
    "no such thing",
    "http://x.test/a",
    "data:text/javascript,1",
    "not-installed",
    "@me/not",
  ])("%s is no plug-in", async (name) => {
    expect(await load(name)).toBeUndefined();
  });

  test("a package installed where the hub is", async () => {
    expect(await load("fast-check")).toMatchObject({ ok: false });
    expect(plugins.files()).toContainEqual(expect.stringMatching(/node_modules\/fast-check\//));
  });

  test("the hub's own contract, whichever mixdown is installed beside the plug-in", async () => {
    folder.write("node_modules/mixdown/package.json", '{"type":"module","exports":{"./adapter":"./other.js"}}');
    folder.write(
      "node_modules/mixdown/other.js",
      "export const z = undefined; export const defineAdapter = undefined;",
    );
    folder.write(
      "node_modules/demo/package.json",
      '{"type":"module","main":"index.js","peerDependencies":{"mixdown":"*"}}',
    );
    folder.write("node_modules/demo/index.js", `export { default } from "./adapter.js";`);
    folder.write("node_modules/demo/adapter.js", pluginText());
    expect((await adapterOf("demo")).type).toBe("demo");
  });

  test("the contract's tests", async () => {
    folder.write(
      "conf/demo.ts",
      `import { adapterTests } from "mixdown/adapter/testing";\n${pluginText({ summary: "typeof adapterTests" })}`,
    );
    expect((await adapterOf("./demo.ts")).summary).toBe("function");
  });
});

describe("what decides, and takes nothing that rules send", () => {
  const checks = '{ instance: "none", reads: () => [], open: async () => ({}) }';
  const nothing = { accepts: "[]" };

  test("is taken", async () => {
    folder.write("conf/demo.ts", pluginText({ ...nothing, checks }));
    expect((await adapterOf("./demo.ts")).checks?.instance).toBe("none");
    folder.write("conf/demo.ts", pluginText({ ...nothing, stores: "{ open: async () => ({}) }" }));
    expect((await adapterOf("./demo.ts")).stores).toBeDefined();
    const rateLimits = '{ store: () => "memory", open: async () => ({}) }';
    folder.write("conf/demo.ts", pluginText({ ...nothing, rateLimits }));
    expect((await adapterOf("./demo.ts")).rateLimits?.store({})).toBe("memory");
  });

  test.each([
    [{}, 'a list of "metric"'],
    [{ checks: checks.replace("none", "never") }, 'instance: "required"'],
    [{ checks: checks.replace("reads", 'template: "metric", reads') }, 'template: "listentry" or "authorization"'],
  ])("is refused with %o", async (over, expected) => {
    folder.write("conf/demo.ts", pluginText({ ...nothing, ...over }));
    const outcome = await load("./demo.ts");
    expect(outcome).toMatchObject({ ok: false, faults: [{ expected: expect.stringContaining(expected) }] });
  });
});

describe("loading again", () => {
  test("the same object while nothing changes, and for every handler", async () => {
    folder.write("conf/demo.ts", pluginText());
    const first = await adapterOf("./demo.ts");
    expect(await adapterOf("./demo.ts")).toBe(first);
    expect(await adapterOf("../conf/demo.ts", `${folder.path}/other/b.yaml`)).toBe(first);
  });

  test("another one when its file has changed, and the text that it holds now", async () => {
    folder.write("conf/demo.ts", pluginText(summary("First.")));
    const first = await adapterOf("./demo.ts");
    folder.write("conf/demo.ts", pluginText(summary("Second.")));
    const second = await adapterOf("./demo.ts");
    expect(second).not.toBe(first);
    expect([first.summary, second.summary]).toEqual(["First.", "Second."]);
  });

  test.each([
    ["conf/demo.ts", "conf/lib/text.ts", 'export const text = "%";', "./demo.ts"],
    ["node_modules/demo/index.js", "node_modules/demo/lib/text.js", 'export const text = "%";', "demo"],
  ])("when a file that %s imports has changed", async (entry, part, text, name) => {
    folder.write("node_modules/demo/package.json", '{"type":"module","main":"index.js"}');
    folder.write(entry, `import { text } from "./lib/${part.split("/").at(-1)}";\n${pluginText({ summary: "text" })}`);
    folder.write(part, text.replace("%", "First."));
    expect((await adapterOf(name)).summary).toBe("First.");
    folder.write(part, text.replace("%", "Second."));
    expect((await adapterOf(name)).summary).toBe("Second.");
    expect(plugins.files()).toEqual([`${folder.path}/${entry}`, `${folder.path}/${part}`]);
  });

  test("CommonJS, and what it requires", async () => {
    folder.write(
      "node_modules/demo/index.js",
      `const { z } = require("mixdown/adapter"); const { text } = require("./text.js"); module.exports = ${declaration({ summary: "text" })};`,
    );
    folder.write("node_modules/demo/text.js", 'exports.text = "First.";');
    expect((await adapterOf("demo")).summary).toBe("First.");
    folder.write("node_modules/demo/text.js", 'exports.text = "Second.";');
    expect((await adapterOf("demo")).summary).toBe("Second.");
  });

  test("a broken file is told of while it is broken; brought back, it is what it was", async () => {
    folder.write("conf/demo.ts", pluginText());
    const first = await adapterOf("./demo.ts");
    folder.write("conf/demo.ts", "export default {");
    expect(await load("./demo.ts")).toMatchObject({ ok: false });
    expect(await load("./demo.ts")).toMatchObject({ ok: false });
    folder.write("conf/demo.ts", pluginText());
    expect(await adapterOf("./demo.ts")).toBe(first);
  });

  test("files that are missing are among those to watch, and used once they are there", async () => {
    folder.write("conf/demo.ts", `import "./later.ts";\n${pluginText()}`);
    expect(await load("./demo.ts")).toMatchObject({ ok: false });
    expect(await load("./never.ts")).toMatchObject({ ok: false });
    expect(plugins.files()).toEqual(["demo.ts", "later.ts", "never.ts"].map((file) => `${folder.path}/conf/${file}`));
    folder.write("conf/later.ts", "export {};");
    expect(await load("./demo.ts")).toMatchObject({ ok: true });
  });

  test("a file behind a link that moves, as Kubernetes mounts it", async () => {
    for (const version of ["1", "2"])
      folder.write(`conf/..${version}/demo.ts`, pluginText(summary(`Version ${version}.`)));
    symlinkSync("..1", `${folder.path}/conf/..data`);
    symlinkSync("..data/demo.ts", `${folder.path}/conf/demo.ts`);
    expect((await adapterOf("./demo.ts")).summary).toBe("Version 1.");
    symlinkSync("..2", `${folder.path}/conf/..new`);
    renameSync(`${folder.path}/conf/..new`, `${folder.path}/conf/..data`);
    expect((await adapterOf("./demo.ts")).summary).toBe("Version 2.");
    expect(plugins.files()).toContain(`${folder.path}/conf/demo.ts`);
  });

  test("a package that was installed since", async () => {
    expect(await load("demo")).toBeUndefined();
    folder.write("node_modules/demo/index.mjs", pluginText());
    folder.write("node_modules/demo/package.json", '{"main":"index.mjs"}');
    expect(await load("demo")).toMatchObject({ ok: true });
  });
});

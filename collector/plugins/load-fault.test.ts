import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PluginFault } from "../config/plugin-outcome.ts";
import { createPluginLoader, type PluginLoader } from "./loader.ts";
import { type PluginFolder, pluginFolder, pluginText } from "./plugin-files.fixture.ts";

let folder: PluginFolder;
let plugins: PluginLoader;

beforeEach(() => {
  folder = pluginFolder();
  plugins = createPluginLoader({ builtIn: [], cwd: folder.path, deadlineMs: 5000 });
});
afterEach(() => {
  plugins.close();
  folder.remove();
});

async function faults(name: string, loader = plugins): Promise<readonly PluginFault[]> {
  const file = `${folder.path}/mesh.yaml`;
  const outcome = (await loader.load([{ name, file }]))(name, file);
  return outcome?.ok === false ? outcome.faults : [];
}

/** What is wrong with a file of this text, with DIR for the folder. */
async function faultsOf(text: string, file = "demo.ts"): Promise<string[]> {
  folder.write(file, text);
  const found = await faults(`./${file}`);
  return found.map(({ message, expected, suggestion }) =>
    [message, expected && `(expected ${expected})`, suggestion && `Did you mean ${suggestion}?`]
      .filter((part) => part !== undefined)
      .join(" ")
      .replaceAll(folder.path, "DIR"),
  );
}

const cannotLoad = 'the adapter "./demo.ts" cannot be loaded: DIR/demo.ts';

describe("a plug-in that cannot be loaded", () => {
  test("a file that is not there, with the one that was probably meant", async () => {
    folder.write("webhook.ts", pluginText());
    expect(await faults("./webhok.ts")).toEqual([
      {
        message: `the adapter "./webhok.ts" does not exist: there is no file ${folder.path}/webhok.ts`,
        suggestion: "./webhook.ts",
      },
    ]);
    expect(await faults("./nothing/like/it.ts")).toEqual([{ message: expect.stringContaining("does not exist") }]);
  });

  test("a folder", async () => {
    folder.write("demo/index.ts", pluginText());
    expect(await faults("./demo")).toEqual([
      { message: 'the adapter "./demo" is a folder', expected: "a file, such as index.ts in it" },
    ]);
  });

  test.each([
    ["bad syntax", "export default {\n  x: = 3,\n};", [`${cannotLoad}:2: SyntaxError: Expression expected`]],
    ["TypeScript that needs compiling", "\nenum A { B }", [`${cannotLoad}:2: TypeScript enum is not supported`]],
    ["code that throws", "const x = undefined;\nx.y;", [`${cannotLoad}:2: Cannot read properties of undefined`]],
    ["code that throws no error", "throw { odd: 1 };", ['the adapter "./demo.ts" cannot be loaded: {"odd":1}']],
    ["code that throws nothing at all", "throw undefined;", ['the adapter "./demo.ts" cannot be loaded: undefined']],
    [
      "a name that the contract does not have",
      'import { defineAdaptr } from "mixdown/adapter";',
      [`${cannotLoad}:1: SyntaxError: The requested module 'mixdown/adapter' does not provide an export named`],
    ],
    [
      "a package that is not installed",
      'import "left-pad";',
      ["Cannot find package 'left-pad' imported from DIR/demo.ts; run \"npm install left-pad\" in DIR"],
    ],
    ["zod by its own name", 'import { z } from "zod";', ['take z from "mixdown/adapter"']],
    ["more of the hub", 'import "mixdown/dist/collector/main.js";', ['plug-ins may import "mixdown/adapter"']],
    ["a file that is missing", 'import "./gone.ts";', ["Cannot find module 'DIR/gone.ts' imported from DIR/demo.ts"]],
    ["an import that is broken", 'import "./part.mjs";', ["DIR/part.mjs:2: SyntaxError: Unexpected token"]],
  ])("%s", async (_, text, expected) => {
    folder.write("part.mjs", "export const a = 1;\nexport const b = ;");
    expect(await faultsOf(text)).toEqual(expected.map((part) => expect.stringContaining(part)));
  });

  test("bad syntax in JavaScript, with its line", async () => {
    expect(await faultsOf("export default {\n  x: = 3,\n};", "demo.js")).toEqual([
      "the adapter \"./demo.js\" cannot be loaded: DIR/demo.js:2: SyntaxError: Unexpected token '='",
    ]);
  });

  test("bad syntax in CommonJS", async () => {
    expect(await faultsOf("module.exports = {\n  x: = 3,\n};", "demo.cjs")).toEqual([
      "the adapter \"./demo.cjs\" cannot be loaded: DIR/demo.cjs:2: SyntaxError: Unexpected token '='",
    ]);
  });

  test("TypeScript in a package", async () => {
    folder.write("node_modules/demo/package.json", '{"type":"module","exports":"./index.ts"}');
    folder.write("node_modules/demo/index.ts", pluginText());
    expect(await faults("demo")).toEqual([
      {
        message:
          'the adapter "demo" cannot be loaded: it is TypeScript under node_modules, which Node does not run: a package holds JavaScript, as tsc makes it',
      },
    ]);
  });

  test("a package whose file was not built", async () => {
    folder.write("node_modules/demo/package.json", '{"type":"module","exports":"./dist/index.js"}');
    expect(await faults("demo")).toEqual([{ message: expect.stringContaining("demo/dist/index.js'") }]);
  });

  test("one that waits for something at its top level", async () => {
    folder.write("demo.mjs", `await new Promise(() => {});\n${pluginText()}`);
    const hasty = createPluginLoader({ builtIn: [], cwd: folder.path, deadlineMs: 50 });
    expect(await faults("./demo.mjs", hasty)).toEqual([
      { message: expect.stringContaining("not loaded after 0.05 s") },
    ]);
    hasty.close();
  });
});

describe("a plug-in that declares no proper adapter", () => {
  const of = (over: Record<string, string>) => faultsOf(pluginText(over));

  test.each([
    [
      "nothing",
      "export const a = 1;",
      ['"./demo.ts" exports no adapter (expected export default defineAdapter({ ... }))'],
    ],
    ["a function", "export default () => {};", ['"./demo.ts" exports no adapter']],
    ["null", "export default null;", ['"./demo.ts" exports no adapter']],
    [
      "several",
      "export const a = { open() {}, config: 1 };\nexport const b = { open() {}, config: 1 };",
      ['"./demo.ts" exports several adapters and none as default (expected one of "a" or "b" as default)'],
    ],
  ])("%s", async (_, text, expected) => {
    expect(await faultsOf(text)).toEqual(expected.map((part) => expect.stringContaining(part)));
  });

  test("everything wrong at once", async () => {
    expect(await faultsOf("export default { accepts: 1, config: {}, open: 2, acceps: 3, colour: 4 };")).toEqual([
      'the adapter "./demo.ts" declares no proper "type" (expected a name of lower-case letters, digits and hyphens)',
      'the adapter "./demo.ts" declares no proper "summary" (expected one sentence)',
      'the adapter "./demo.ts" declares no proper "accepts" (expected a list of "metric", "logentry", "edge", "tracespan", "spans" or "metrics")',
      'the adapter "./demo.ts" declares no proper "config" (expected z.strictObject({ ... }), with z from "mixdown/adapter")',
      'the adapter "./demo.ts" declares no proper "open" (expected a function)',
      expect.stringMatching(
        /declares "acept", which the hub does not know .*Did you mean accepts\?|Did you mean accepts\?/,
      ),
      expect.stringMatching(/declares "colour", which the hub does not know \(expected "type", .* or "\w+"\)/),
    ]);
  });

  test.each([
    ["a template that nobody knows", { accepts: '["metrik"]' }, 'no proper "accepts" .* Did you mean metric\\?'],
    ["a schema of something else", { config: "z.string()" }, 'no proper "config"'],
    ["a schema of zod 3", { config: "{ _def: {}, parse() {} }" }, 'no proper "config"'],
    ["an order that is no truth value", { ordered: '"yes"' }, 'no proper "ordered" \\(expected true or false\\)'],
    ["attributes that are no texts", { reads: "[1]" }, 'no proper "reads" \\(expected a list of texts\\)'],
    ["a validate that is no function", { validate: "[]" }, 'no proper "validate" \\(expected a function\\)'],
  ])("%s", async (_, over, expected) => {
    expect(await of(over)).toEqual([expect.stringMatching(expected)]);
  });

  test("members that throw when they are read", async () => {
    expect(await faultsOf(`export default { open() {}, get config() { throw new Error("no"); } };`)).toEqual(
      expect.arrayContaining(['"config" of the adapter "./demo.ts" cannot be used: no']),
    );
  });
});

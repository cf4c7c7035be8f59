import { readdirSync, readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { inventory } from "../../adapters/inventory.ts";
import { formatProblem } from "../../collector/config/problem.ts";
import { configSchema } from "../../collector/config/schema.ts";
import { compile } from "../../collector/expr/compile.ts";
import { loadConfigWithPlugins } from "../../collector/plugins/load-config.ts";
import { createPluginLoader } from "../../collector/plugins/loader.ts";
import { documentedCode, fencesOf, root } from "../support/documents.ts";
import { guide } from "../support/guide.ts";

const files = [
  "config/default.yaml",
  ...readdirSync(`${root}examples`, { recursive: true, encoding: "utf8" })
    // What stands in examples/compose belongs to Envoy and Prometheus (test/structure and test/e2e look at it), in examples/ratelimit and examples/istio to their adapters.
    // Cases for a policy are no configuration either; policy.test.ts runs them.
    .filter((file) => /(?<!\.test)\.ya?ml$/.test(file) && !/^(compose|istio|ratelimit)\//.test(file))
    .map((file) => `examples/${file}`),
];

/** A YAML block whose keys are all settings of the hub is a configuration; others belong to other programs. */
function isConfiguration(text: string): boolean {
  const [document, ...more] = [...parseAllDocuments(text)];
  if (document === undefined || more.length > 0) return false;
  const value: unknown = document.toJS();
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => key in configSchema.shape);
}

/** The guide for adapters has files beside its configuration: guide.test.ts makes them. */
const documented = documentedCode("yaml").filter(
  ({ place, text }) => isConfiguration(text) && !place.startsWith(guide),
);

const plugins = createPluginLoader({ builtIn: inventory.map(({ type }) => type), cwd: root });
afterAll(() => plugins.close());

const pem = ["CERTIFICATE", "PRIVATE KEY"]
  .map((label) => `-----BEGIN ${label}-----\n-----END ${label}-----\n`)
  .join("");

/** Everything that is wrong with a configuration, warnings too; certificates are taken as there. */
async function problemsOf(file: string, text: string): Promise<string[]> {
  const readFile = (path: string) => (path === file ? text : pem);
  const loaded = await loadConfigWithPlugins([file], { env: {}, adapters: inventory, compile, readFile }, plugins);
  return (loaded.ok ? loaded.warnings : loaded.problems).map(formatProblem);
}

describe("configurations that users are shown", () => {
  test.each(files)("%s is good", async (file) => {
    expect(await problemsOf(root + file, readFileSync(root + file, "utf8"))).toEqual([]);
  });

  test.each(documented)("$place is good", async ({ place, text }) => {
    expect(await problemsOf(place, text)).toEqual([]);
  });

  test("the README shows one", () => {
    expect(documented.map(({ place }) => place)).toContainEqual(expect.stringMatching(/^README\.md:/));
  });
});

describe("blocks of a document", () => {
  test("are found with their line, without the indentation of a list", () => {
    const markdown = "one\n\n1. two\n\n   ```yaml\n   a:\n     b: 1\n   ```\n\n```sh\nls\n```\n";
    expect(fencesOf("x.md", markdown)).toEqual([
      { place: "x.md:6", language: "yaml", text: "a:\n  b: 1\n" },
      { place: "x.md:11", language: "sh", text: "ls\n" },
    ]);
  });

  test("with keys of other programs are no configuration of the hub", () => {
    expect(isConfiguration("rules: []")).toBe(true);
    expect(isConfiguration("access_log: []")).toBe(false);
    expect(isConfiguration("- name: x")).toBe(false);
  });
});

import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { cycles } from "./cycles.ts";
import { homeless, outOfReach, outward, violation } from "./directions.ts";
import { allImports, importsOf, sourceFiles } from "./imports.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const files = sourceFiles(root);
const imports = allImports(root, files);

describe("who imports whom", () => {
  test("every import goes downward", () => {
    expect(imports.map(violation).filter((problem) => problem !== undefined)).toEqual([]);
  });

  test("what is shipped imports no test, script or benchmark", () => {
    expect(imports.map(outward).filter((problem) => problem !== undefined)).toEqual([]);
  });

  test("the built-in adapters use nothing that a plug-in could not", () => {
    expect(outOfReach(imports)).toEqual([]);
  });

  test("every file of the collector belongs to a folder of the tree", () => {
    expect(homeless(files)).toEqual([]);
  });

  test("no modules import one another in a circle", () => {
    expect(cycles(imports)).toEqual([]);
  });
});

describe("the rules themselves", () => {
  const check = (from: string, statement: string) => importsOf(from, statement).map(violation);

  test.each([
    ["adapters/kafka/index.ts", 'import { x } from "../../collector/errors.ts";', "adapters never import collector/"],
    ["adapters/kafka/index.ts", 'import { x } from "../otlp/config.ts";', "adapters/ may import"],
    ["collector/rules/table.ts", 'import { x } from "../decode/a.ts";', "collector/rules/ may import"],
    ["collector/normalize/a.ts", 'import type { x } from "../../schemas/gen/a_pb.js";', "wire types stop at"],
    ["schemas/model/a.ts", 'import { x } from "../../collector/errors.ts";', "schemas import nothing else"],
    ["collector/dispatch/lane.ts", 'import { x } from "../../adapters/adapter.ts";', "only types"],
    ["collector/expr/a.ts", 'const x = await import("../rules/b.ts");', "collector/expr/ may import"],
    ["collector/rules/a.ts", 'export {\n  x,\n} from "../stats/b.ts";', "collector/rules/ may import"],
    ["collector/rules/a.ts", 'import { x } from "../config/schema.ts";', "only types"],
  ])("%s may not say %s", (from, statement, rule) => {
    expect(check(from, statement)).toEqual([expect.stringContaining(rule)]);
    expect(check(from, statement)).toEqual([expect.stringContaining(from)]);
  });

  test.each([
    ["collector/dispatch/lane.ts", 'import type { x } from "../../adapters/adapter.ts";'],
    ["collector/rules/table.ts", 'import { x } from "../expr/compile.ts";'],
    ["collector/decode/a.ts", 'import { x } from "../../schemas/gen/a_pb.js";'],
    ["collector/rules/table.ts", '// import { x } from "../decode/a.ts";'],
    ["collector/transport/server.ts", 'import type { x } from "../config/schema.ts";'],
    ["collector/rules/table.test.ts", 'import { x } from "../decode/a.ts";'],
  ])("%s may say %s", (from, statement) => {
    expect(check(from, statement).filter((problem) => problem !== undefined)).toEqual([]);
  });

  test("what plug-ins cannot reach is named, and where to offer it", () => {
    const files = {
      "adapters/plugin.ts": 'export * from "./shared/http.ts";',
      "adapters/kafka/index.ts": 'import { post } from "../shared/http.ts";\nimport { own } from "./own.ts";',
      "adapters/kafka/own.ts": 'import { secret } from "../shared/secret.ts";',
      "adapters/shared/http.ts": 'import { x } from "./inside.ts";',
    };
    const found = Object.entries(files).flatMap(([file, source]) => importsOf(file, source));
    expect(outOfReach(found)).toEqual([
      "adapters/kafka/own.ts imports adapters/shared/secret.ts, which plug-ins cannot: re-export it in adapters/plugin.ts",
    ]);
  });

  test("a circle is named with every file in it", () => {
    const circle = [...importsOf("a/x.ts", 'import "./y.ts";'), ...importsOf("a/y.ts", 'import { x } from "./x.ts";')];
    expect(cycles(circle)).toEqual(["a/x.ts -> a/y.ts -> a/x.ts"]);
  });

  test("a file outside the tree is named", () => {
    expect(homeless(["collector/helpers.ts"])).toEqual([expect.stringContaining("collector/helpers.ts")]);
  });
});

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { inventory } from "../../adapters/inventory.ts";
import { loadConfig } from "../../collector/config/load.ts";
import { formatProblem } from "../../collector/config/problem.ts";
import { compile } from "../../collector/expr/compile.ts";

const folder = fileURLToPath(new URL("./", import.meta.url));

/** Folders with a configuration and everything that is wrong with it, a line for each. */
const cases = readdirSync(folder).filter((name) => existsSync(`${folder}${name}/problems.txt`));

const pem = "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n";

test.each(cases)("%s", (name) => {
  const text = readFileSync(`${folder}${name}/config.yaml`, "utf8");
  const readFile = (path: string) => (path === "config.yaml" ? text : pem);
  const loaded = loadConfig(["config.yaml"], { env: {}, adapters: inventory, compile, readFile });
  const problems = (loaded.ok ? loaded.warnings : loaded.problems).map((problem) => `${formatProblem(problem)}\n`);
  expect(problems.join("")).toBe(readFileSync(`${folder}${name}/problems.txt`, "utf8"));
});

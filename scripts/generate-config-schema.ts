/**
 * Makes schemas/config.schema.json and the tables in docs/configuration.md from the schema of the configuration.
 * `--check` compares instead and fails, naming the files, if the committed ones differ.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { inventory } from "../adapters/inventory.ts";
import { configJsonSchema } from "../collector/config/json-schema.ts";
import { withReference } from "../collector/config/reference.ts";

const root = resolve(import.meta.dirname, "..");

/** Each generated file with what it should hold, given what it holds. */
const outputs: Readonly<Record<string, (current: string) => string>> = {
  "schemas/config.schema.json": () => `${JSON.stringify(configJsonSchema(inventory), undefined, 2)}\n`,
  "docs/configuration.md": (page) => withReference(page, inventory),
};

function read(file: string): string {
  try {
    return readFileSync(join(root, file), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

const check = process.argv.includes("--check");
for (const [file, make] of Object.entries(outputs)) {
  const current = read(file);
  const wanted = make(current);
  if (current === wanted) continue;
  if (check) {
    console.error(`${file} is not what the schema makes; run "npm run generate" and commit`);
    process.exitCode = 1;
  } else {
    writeFileSync(join(root, file), wanted);
  }
}

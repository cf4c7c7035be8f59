import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { errorText } from "../../schemas/model/error-text.ts";
import type { LimitFile } from "./limit-tree.ts";
import { FileProblem } from "./yaml-reader.ts";

/** Reads files, and of folders every .yaml and .yml file; throws a FileProblem if one cannot be read. */
export function readLimitFiles(paths: readonly string[]): LimitFile[] {
  return paths.flatMap(filesOf).map((name) => ({ name, content: attempt(name, () => readFileSync(name, "utf8")) }));
}

function filesOf(path: string): string[] {
  return attempt(path, () => {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).filter((name) => /\.ya?ml$/.test(name) && !name.startsWith("."));
    return names.sort().map((name) => join(path, name));
  });
}

function attempt<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new FileProblem(path, "", errorText(error));
  }
}

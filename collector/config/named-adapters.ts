import type { ReadFile } from "./check-listeners.ts";
import type { Environment } from "./environment.ts";
import { mergeFiles, sectionOf, toDefaultTree } from "./merge.ts";
import { type ParseFile, parseYaml } from "./parse-yaml.ts";
import { configSchema } from "./schema.ts";
import { child, textOf } from "./tree.ts";

/** An adapter as a handler names it, and the file that says so. */
export interface NamedAdapter {
  readonly name: string;
  readonly file: string;
}

/** The adapters that handlers name, as far as the files can be read; what is wrong with them is said when they are checked. */
export function namedAdapters(
  files: readonly string[],
  options: { readonly env: Environment; readonly readFile: ReadFile; readonly parse?: ParseFile },
): NamedAdapter[] {
  const { env, readFile, parse = parseYaml } = options;
  const trees = files.flatMap((file) => {
    const tree = read(() => parse(file, readFile(file), env).tree);
    return tree === undefined ? [] : [{ file, tree }];
  });
  const merged = mergeFiles(trees, configSchema.shape, toDefaultTree({}), () => {});
  return sectionOf(merged, "handlers").flatMap(({ value }) => {
    const tree = child(value, "adapter");
    const name = textOf(tree);
    return tree === undefined || name === undefined ? [] : [{ name, file: tree.at.file }];
  });
}

function read<T>(attempt: () => T): T | undefined {
  try {
    return attempt();
  } catch {
    return undefined;
  }
}

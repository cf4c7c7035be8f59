import { setImmediate as turn } from "node:timers/promises";
import { type Loaded, type LoadOptions, loadConfig } from "../config/load.ts";
import { namedAdapters } from "../config/named-adapters.ts";
import { type ParsedFile, type ParseFile, parseYaml } from "../config/parse-yaml.ts";
import type { PluginLoader } from "./loader.ts";

/**
 * Reads and checks a configuration, and loads the plug-ins that it names, so that what is wrong with them is listed with the rest. Files are
 * parsed once, and between the steps others have their turn: a hub that reloads goes on answering.
 */
export async function loadConfigWithPlugins(
  files: readonly string[],
  options: LoadOptions,
  plugins: PluginLoader,
): Promise<Loaded> {
  const parse = parseOnce();
  for (const file of files) {
    parseEarly(file, options, parse);
    await turn();
  }
  const findPlugin = await plugins.load(namedAdapters(files, { ...options, parse }));
  await turn();
  return loadConfig(files, { ...options, parse, findPlugin });
}

/** Gives again what it parsed, as long as the text is the same. */
function parseOnce(): ParseFile {
  const known = new Map<string, { readonly text: string; readonly parsed: ParsedFile }>();
  return (file, text, env) => {
    const before = known.get(file);
    if (before?.text === text) return before.parsed;
    const parsed = parseYaml(file, text, env);
    known.set(file, { text, parsed });
    return parsed;
  };
}

/** A file that cannot be read is told of when it is its turn to be checked. */
function parseEarly(file: string, { env, readFile }: LoadOptions, parse: ParseFile): void {
  let text: string;
  try {
    text = readFile(file);
  } catch {
    return;
  }
  parse(file, text, env);
}

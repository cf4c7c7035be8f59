import { type Loaded, type LoadOptions, loadConfig } from "../config/load.ts";
import { namedAdapters } from "../config/named-adapters.ts";
import type { PluginLoader } from "./loader.ts";

/** Reads and checks a configuration, and loads the plug-ins that it names, so that what is wrong with them is listed with the rest. */
export async function loadConfigWithPlugins(
  files: readonly string[],
  options: LoadOptions,
  plugins: PluginLoader,
): Promise<Loaded> {
  return loadConfig(files, { ...options, findPlugin: await plugins.load(namedAdapters(files, options)) });
}

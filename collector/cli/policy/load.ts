import { inventory as builtInAdapters } from "../../../adapters/inventory.ts";
import type { CheckedConfig } from "../../config/checked.ts";
import { formatProblem } from "../../config/problem.ts";
import { HubError } from "../../errors.ts";
import { compile } from "../../expr/compile.ts";
import { loadConfigWithPlugins } from "../../plugins/load-config.ts";
import type { CommandIo } from "../command.ts";
import { openPlugins } from "../open-plugins.ts";

/** Reads a configuration for a command that decides. Throws a HubError that lists everything wrong with it. */
export async function loadForPolicy(files: readonly string[], io: CommandIo): Promise<CheckedConfig> {
  const { env, readFile } = io;
  const plugins = openPlugins(io);
  const options = { env, adapters: builtInAdapters, compile, readFile };
  const loaded = await loadConfigWithPlugins(files, options, plugins);
  plugins.close();
  if (loaded.ok) return loaded.checked;
  throw new HubError("CONFIG_INVALID", loaded.problems.map(formatProblem).join("\n"));
}

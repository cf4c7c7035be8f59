import { inventory as builtInAdapters } from "../../adapters/inventory.ts";
import { errorText } from "../../schemas/model/error-text.ts";
import { createPluginLoader, type PluginLoader } from "../plugins/loader.ts";
import { watchStrayFaults } from "../plugins/stray-faults.ts";
import type { CommandIo } from "./command.ts";

/** Loads plug-ins for a command that ends by itself. What they let go of meanwhile is told of on standard error, and ends nothing. */
export function openPlugins({ faults, stderr }: CommandIo): PluginLoader {
  const plugins = createPluginLoader({ builtIn: builtInAdapters.map(({ type }) => type), cwd: process.cwd() });
  watchStrayFaults(faults, {
    files: plugins.files,
    onPluginFault: (error) =>
      void stderr.write(`a plug-in let go of an error that nothing caught: ${errorText(error)}\n`),
    onHubFault(error) {
      stderr.write(`a bug: an error that nothing caught: ${error instanceof Error ? error.stack : errorText(error)}\n`);
      process.exit(70);
    },
  });
  return plugins;
}

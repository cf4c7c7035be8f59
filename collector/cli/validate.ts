import { inventory as builtInAdapters } from "../../adapters/inventory.ts";
import { defaultConfigFiles } from "../config/defaults.ts";
import type { Loaded } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import { errorTable } from "../errors.ts";
import { compile } from "../expr/compile.ts";
import { loadConfigWithPlugins } from "../plugins/load-config.ts";
import type { Command, CommandIo } from "./command.ts";
import { openPlugins } from "./open-plugins.ts";
import { oneOfChoices, parseArguments } from "./parse-arguments.ts";

/** Checks a configuration and lists everything that is wrong with it. */
export const validateCommand: Command = {
  name: "validate",
  summary: "Checks a configuration and lists everything that is wrong with it.",
  help: `Usage: mixdown validate [--config FILE]... [--format text|json]

Reads and checks a configuration as "serve" would, without opening anything. Everything
wrong is listed at once on standard output, a line each: file:line:column, what is wrong,
what was expected, and the nearest valid name. Ends with 0 if all is well, else with 78.

  --config FILE    Configuration; repeat it to merge several files in order.
                   Without it, the built-in default is checked.
  --format FORMAT  text (default), or json: {"ok","problems":[{"file","line","column",
                   "path","message","expected"?,"suggestion"?}],"warnings":[...]}.

Examples:
  mixdown validate --config mesh.yaml
  mixdown validate --config base.yaml --config site.yaml
  mixdown validate --config mesh.yaml --format json | jq .problems
`,
  async run(argv, io) {
    const { values } = parseArguments(argv, {
      verb: "validate",
      options: { config: { type: "string", multiple: true }, format: { type: "string", default: "text" } },
    });
    const format = oneOfChoices("validate", "format", values.format, ["text", "json"]);
    const files = values.config ?? defaultConfigFiles(io.env);
    const plugins = openPlugins(io);
    const options = { env: io.env, adapters: builtInAdapters, compile, readFile: io.readFile };
    const loaded = await loadConfigWithPlugins(files, options, plugins);
    plugins.close();
    if (format === "json") writeJson(loaded, io);
    else writeText(loaded, io);
    return loaded.ok ? 0 : errorTable.CONFIG_INVALID.exit;
  },
};

function writeJson(loaded: Loaded, io: CommandIo): void {
  const { ok } = loaded;
  const found = ok ? { problems: [], warnings: loaded.warnings } : { problems: loaded.problems, warnings: [] };
  io.stdout.write(`${JSON.stringify({ ok, ...found }, undefined, 2)}\n`);
}

function writeText(loaded: Loaded, io: CommandIo): void {
  if (!loaded.ok) {
    for (const problem of loaded.problems) io.stdout.write(`${formatProblem(problem)}\n`);
    io.stderr.write(`${count(loaded.problems.length, "problem")}\n`);
    return;
  }
  for (const warning of loaded.warnings) io.stdout.write(`warning: ${formatProblem(warning)}\n`);
  const { handlers, instances, rules, policy } = loaded.checked;
  const parts = [
    count(handlers.size, "handler"),
    count(instances.size, "instance"),
    count(rules.length + policy.length, "rule"),
  ];
  io.stdout.write(`the configuration is good: ${parts.join(", ")}\n`);
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;

import type { Adapter } from "../../adapters/adapter.ts";
import { inventory as builtInAdapters } from "../../adapters/inventory.ts";
import { namedAdapters } from "../config/named-adapters.ts";
import type { PluginFault } from "../config/plugin-outcome.ts";
import { errorTable } from "../errors.ts";
import { nativeFunctions } from "../expr/functions/table.ts";
import { receivers as builtInReceivers } from "../receivers/inventory.ts";
import type { Command, CommandIo } from "./command.ts";
import { openPlugins } from "./open-plugins.ts";
import { oneOfChoices, parseArguments } from "./parse-arguments.ts";

/** What there is, as `mixdown components --format json` gives it. */
export interface Components {
  readonly adapters: readonly {
    readonly name: string;
    readonly accepts: readonly string[];
    /** What it does for policy: `checks`, `rateLimits`, `stores`. */
    readonly answers: readonly string[];
    readonly summary: string;
  }[];
  readonly receivers: readonly { readonly name: string; readonly source: string; readonly summary: string }[];
  /** Functions of expressions by name; operators and macros are left out. */
  readonly functions: readonly string[];
}

/** Lists what a configuration can name: what is built in, and the plug-ins that it brings. */
export const componentsCommand: Command = {
  name: "components",
  summary: "Lists the adapters, receivers and functions that there are.",
  help: `Usage: mixdown components [--config FILE]... [--format text|json]

Lists what a configuration can name: adapters with the templates that they take and what they
do for policy, the receivers that listeners open, and the functions of expressions.

  --config FILE    Lists the plug-ins that the handlers of this configuration name, too. One that
                   cannot be loaded is told of on standard error; then it ends with 78.
  --format FORMAT  text (default), or json: {"adapters":[...],"receivers":[...],"functions":[...]}.

Examples:
  mixdown components
  mixdown components --config mesh.yaml
  mixdown components --format json | jq '.adapters[].name'
`,
  async run(argv, io) {
    const { values } = parseArguments(argv, {
      verb: "components",
      options: { config: { type: "string", multiple: true }, format: { type: "string", default: "text" } },
    });
    const format = oneOfChoices("components", "format", values.format, ["text", "json"]);
    const { adapters, faults } = await listPlugins(values.config ?? [], io);
    const components = listComponents(adapters);
    io.stdout.write(format === "json" ? `${JSON.stringify(components, undefined, 2)}\n` : toText(components));
    for (const { message } of faults) io.stderr.write(`${message}\n`);
    return faults.length === 0 ? 0 : errorTable.CONFIG_INVALID.exit;
  },
};

type Listed = Components["adapters"][number];

/** The plug-ins of a configuration under the names that it gives them, in order of first mention. */
async function listPlugins(files: readonly string[], io: CommandIo) {
  const { env, readFile } = io;
  const named = namedAdapters(files, { env, readFile });
  const plugins = openPlugins(io);
  const find = await plugins.load(named);
  plugins.close();
  const adapters = new Map<string, Listed>();
  const faults: PluginFault[] = [];
  for (const { name, file } of named) {
    const outcome = find(name, file);
    if (outcome?.ok) adapters.set(name, toListed(name, outcome.adapter));
    else faults.push(...(outcome?.faults ?? []));
  }
  return { adapters: [...adapters.values()], faults };
}

function toListed(name: string, adapter: Pick<Adapter, "accepts" | "summary" | (typeof roles)[number]>): Listed {
  const { accepts, summary } = adapter;
  const answers = roles.filter((role) => adapter[role] !== undefined);
  return { name, accepts, answers, summary };
}

/** What adapters may do for policy. */
const roles = ["checks", "rateLimits", "stores"] as const;

function listComponents(plugins: readonly Listed[]): Components {
  return {
    adapters: [...builtInAdapters.map((adapter) => toListed(adapter.type, adapter)), ...plugins],
    receivers: builtInReceivers.map(({ type, source, summary }) => ({ name: type, source, summary })),
    functions: [...nativeFunctions.keys()].filter((name) => /^[a-z][\w.]*$/i.test(name)).sort(),
  };
}

function toText({ adapters, receivers, functions }: Components): string {
  const sections = [
    ["Adapters", adapters.map((adapter) => [adapter.name, [adapter.summary, ...does(adapter)].join(" ")])],
    ["Receivers", receivers.map(({ name, summary }) => [name, summary])],
  ] as const;
  const width = Math.max(...sections.flatMap(([, rows]) => rows.map(([name = ""]) => name.length)));
  const tables = sections.map(
    ([title, rows]) => `${title}\n${rows.map(([name = "", text]) => `  ${name.padEnd(width)}  ${text}\n`).join("")}`,
  );
  return `${tables.join("\n")}\nFunctions\n${wrap(functions.join(", "), 96)}`;
}

/** What rules send it, and whether they ask it: some only answer, and take nothing. */
const does = ({ accepts, answers }: Listed): string[] => [
  ...(accepts.length === 0 ? [] : [`Takes ${accepts.join(", ")}.`]),
  ...(answers.includes("checks") ? ["Answers checks."] : []),
];

function wrap(text: string, width: number): string {
  return text.replace(new RegExp(`(.{1,${width}})(?:\\s|$)`, "g"), "  $1\n");
}

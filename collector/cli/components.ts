import { inventory as builtInAdapters } from "../../adapters/inventory.ts";
import { nativeFunctions } from "../expr/functions/table.ts";
import { receivers as builtInReceivers } from "../receivers/inventory.ts";
import type { Command } from "./command.ts";
import { oneOfChoices, parseArguments } from "./parse-arguments.ts";

/** What is built in, as `mixdown components --format json` gives it. */
export interface Components {
  readonly adapters: readonly {
    readonly name: string;
    readonly accepts: readonly string[];
    readonly summary: string;
  }[];
  readonly receivers: readonly { readonly name: string; readonly source: string; readonly summary: string }[];
  /** Functions of expressions by name; operators and macros are left out. */
  readonly functions: readonly string[];
}

/** Lists the adapters, receivers and functions that are built in. */
export const componentsCommand: Command = {
  name: "components",
  summary: "Lists the adapters, receivers and functions that are built in.",
  help: `Usage: mixdown components [--format text|json]

Lists what a configuration can name: adapters with the templates that they take, the
receivers that listeners open, and the functions of expressions.

  --format FORMAT  text (default), or json: {"adapters":[...],"receivers":[...],"functions":[...]}.

Examples:
  mixdown components
  mixdown components --format json | jq '.adapters[].name'
`,
  async run(argv, io) {
    const { values } = parseArguments(argv, {
      verb: "components",
      options: { format: { type: "string", default: "text" } },
    });
    const format = oneOfChoices("components", "format", values.format, ["text", "json"]);
    const components = listComponents();
    io.stdout.write(format === "json" ? `${JSON.stringify(components, undefined, 2)}\n` : toText(components));
    return 0;
  },
};

function listComponents(): Components {
  return {
    adapters: builtInAdapters.map(({ type, accepts, summary }) => ({ name: type, accepts, summary })),
    receivers: builtInReceivers.map(({ type, source, summary }) => ({ name: type, source, summary })),
    functions: [...nativeFunctions.keys()].filter((name) => /^[a-z][\w.]*$/i.test(name)).sort(),
  };
}

function toText({ adapters, receivers, functions }: Components): string {
  const sections = [
    ["Adapters", adapters.map(({ name, accepts, summary }) => [name, `${summary} Takes ${accepts.join(", ")}.`])],
    ["Receivers", receivers.map(({ name, summary }) => [name, summary])],
  ] as const;
  const width = Math.max(...sections.flatMap(([, rows]) => rows.map(([name = ""]) => name.length)));
  const tables = sections.map(
    ([title, rows]) => `${title}\n${rows.map(([name = "", text]) => `  ${name.padEnd(width)}  ${text}\n`).join("")}`,
  );
  return `${tables.join("\n")}\nFunctions\n${wrap(functions.join(", "), 96)}`;
}

function wrap(text: string, width: number): string {
  return text.replace(new RegExp(`(.{1,${width}})(?:\\s|$)`, "g"), "  $1\n");
}

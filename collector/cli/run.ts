import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { nearest } from "../../schemas/model/nearest.ts";
import { errorTable, HubError } from "../errors.ts";
import type { CommandIo } from "./command.ts";
import { type CommandEntry, inventory } from "./inventory.ts";

/** Runs the program with the words after its name; resolves to its exit status. */
export async function run(argv: readonly string[]): Promise<number> {
  process.stdout.on("error", ignoreClosedPipe);
  const status = await runCommand(inventory, argv, {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    env: process.env,
    faults: process,
    readFile: (path) => readFileSync(path, "utf8"),
  });
  endSoon(status);
  return status;
}

/** What a plug-in left open does not hold the program up: it ends once everything is written. */
function endSoon(status: number): void {
  const isWritten = () => process.stdout.writableLength + process.stderr.writableLength === 0;
  setInterval(() => isWritten() && process.exit(status), 500).unref();
}

/** Nobody reads any more, as in `mixdown components | head -1`. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}

/** Picks the verb, answers --help and --version, and turns faults into one line and an exit status. */
export async function runCommand(
  commands: readonly CommandEntry[],
  argv: readonly string[],
  io: CommandIo,
): Promise<number> {
  const [verb, ...rest] = argv;
  if (verb === undefined) return refuse(io, `mixdown: no verb given\n\n${overview(commands)}`);
  if (verb === "--help" || verb === "-h" || (verb === "help" && rest.length === 0))
    return print(io, overview(commands));
  if (verb === "--version" || verb === "-v") return print(io, `${packageVersion()}\n`);
  const asked = verb === "help" ? (rest[0] ?? "") : verb;
  const entry = commands.find(({ name }) => name === asked);
  if (entry === undefined) return refuse(io, unknownVerb(asked, commands));
  const command = await entry.load();
  if (verb === "help" || wantsHelp(rest)) return print(io, command.help);
  try {
    return await command.run(rest, io);
  } catch (error) {
    return report(error, entry.name, io);
  }
}

function wantsHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return argv.slice(0, end === -1 ? undefined : end).some((word) => word === "--help" || word === "-h");
}

function print(io: CommandIo, text: string): number {
  io.stdout.write(text);
  return 0;
}

function refuse(io: CommandIo, text: string): number {
  io.stderr.write(text);
  return errorTable.USAGE.exit;
}

function unknownVerb(verb: string, commands: readonly CommandEntry[]): string {
  const names = commands.map(({ name }) => name);
  const suggestion = nearest(verb, names);
  const what = verb.startsWith("-") ? "option" : "verb";
  const rest = suggestion === undefined ? `the verbs are ${names.join(", ")}` : `did you mean "${suggestion}"?`;
  return `mixdown: unknown ${what} "${verb}", ${rest}\n`;
}

function overview(commands: readonly CommandEntry[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return `mixdown: policy and telemetry hub for service meshes

Usage: mixdown VERB [OPTIONS]

${commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join("\n")}

Options:
  --help     Help, for one verb with "mixdown VERB --help".
  --version  The version.

Examples:
  mixdown serve
  mixdown validate --config mesh.yaml
`;
}

/** Faults that are known end with their own status; anything else is a bug and shows where it happened. */
function report(error: unknown, verb: string, io: CommandIo): number {
  if (error instanceof HubError) {
    const help = error.code === "USAGE" ? `\nTry "mixdown ${verb} --help".` : "";
    io.stderr.write(`${error.message}${help}\n`);
    return errorTable[error.code].exit;
  }
  io.stderr.write(
    `mixdown ${verb}: a bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return 70;
}

/** The version in package.json, in a checkout and in a built package alike. */
export function packageVersion(from: string = import.meta.dirname): string {
  try {
    const { name, version } = JSON.parse(readFileSync(join(from, "package.json"), "utf8")) as Record<string, unknown>;
    if (name === "mixdown" && typeof version === "string") return version;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const above = dirname(from);
  return above === from ? "unknown" : packageVersion(above);
}

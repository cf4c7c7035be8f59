import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HubError } from "../errors.ts";
import type { CommandIo } from "./command.ts";
import { usage } from "./parse-arguments.ts";

/** The examples that new adapters start as; their names are replaced wherever they stand. */
const examples = new URL("../../examples/adapters/", import.meta.url);
const exampleNames = { sends: "webhook", decides: "gatekeeper" } as const;

/** What a new adapter does: it sends what rules make, or decides on requests. */
export type AdapterKind = keyof typeof exampleNames;

const endings = [".ts", ".test.ts", ".yaml"];

/** Writes an adapter that works, its test, and a configuration. */
export function newAdapter(
  args: readonly string[],
  { kind, folder }: { readonly kind: AdapterKind; readonly folder: string },
  { stdout }: CommandIo,
): number {
  const [name, surplus] = args;
  if (name === undefined) throw usage("adapter", "new needs a name");
  if (surplus !== undefined) throw usage("adapter", `unexpected argument "${surplus}"`);
  if (!/^[a-z][a-z0-9-]*$/.test(name))
    throw usage("adapter", `"${name}" is no name for an adapter: lower-case letters, digits and hyphens`);
  mkdirSync(folder, { recursive: true });
  for (const ending of endings) writeNew(join(folder, name + ending), textOf(exampleNames[kind], ending, name));
  const path = (ending: string) => join(folder, name + ending);
  stdout.write(`written: ${endings.map(path).join(", ")}

  mixdown adapter test ${path(".test.ts")}
  mixdown validate --config ${path(".yaml")}
  mixdown serve --config ${path(".yaml")}
`);
  return 0;
}

function textOf(example: string, ending: string, name: string): string {
  return readFileSync(new URL(example + ending, examples), "utf8").replaceAll(example, name);
}

function writeNew(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: "wx" });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new HubError("USAGE", `mixdown adapter: ${code === "EEXIST" ? `${path} is there already` : message}`, {
      cause: error,
    });
  }
}

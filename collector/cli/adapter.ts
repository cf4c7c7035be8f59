import { newAdapter } from "./adapter-new.ts";
import { testAdapter } from "./adapter-test.ts";
import type { Command } from "./command.ts";
import { parseArguments, usage } from "./parse-arguments.ts";

const verb = "adapter";

/** Helps to write an adapter of one's own. */
export const adapterCommand: Command = {
  name: verb,
  summary: "Starts an adapter of your own, or runs its tests.",
  help: `Usage: mixdown adapter new NAME [--checker] [--dir DIR]
       mixdown adapter test FILE...

new writes an adapter that works, to be changed: NAME.ts, its test NAME.test.ts, and a
configuration NAME.yaml. It overwrites nothing.

test runs tests of adapters (files for node:test) with Node's own test runner; what they import
from "mixdown/adapter" and "mixdown/adapter/testing" is that of this hub, installed or not.
Ends with 0 if all pass, else with 1.

  --checker  Writes one that decides on requests, for the rules of a policy.
  --dir DIR  Where to write (default: the working directory).

Examples:
  mixdown adapter new webhook
  mixdown adapter new gatekeeper --checker
  mixdown adapter test webhook.test.ts
`,
  async run(argv, io) {
    const { values, positionals } = parseArguments(argv, {
      verb,
      options: { dir: { type: "string" }, checker: { type: "boolean", default: false } },
      maxPositionals: Number.POSITIVE_INFINITY,
    });
    const [action, ...rest] = positionals;
    const { dir, checker } = values;
    if (action === "new") return newAdapter(rest, { kind: checker ? "decides" : "sends", folder: dir ?? "." }, io);
    if (dir !== undefined || checker) throw usage(verb, `${dir === undefined ? "--checker" : "--dir"} goes with new`);
    if (action === "test") return testAdapter(rest, io);
    throw usage(verb, action === undefined ? "new or test?" : `unknown action "${action}" (new or test)`);
  },
};

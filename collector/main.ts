import { run } from "./cli/run.ts";

/** Runs the program with the words after its name; resolves to its exit status. Called by bin/mixdown.js once the version of Node is known to do. */
export const main = (argv: readonly string[]): Promise<number> => run(argv);

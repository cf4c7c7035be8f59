import type { Command } from "./command.ts";

/** A verb as the list of verbs knows it; the rest is loaded when it is asked for. */
export interface CommandEntry extends Pick<Command, "name" | "summary"> {
  load(): Promise<Command>;
}

/** The verbs of the command line, in the order in which help lists them. */
export const inventory: readonly CommandEntry[] = [
  { name: "serve", summary: "Runs the hub.", load: async () => (await import("./serve.ts")).serveCommand },
  {
    name: "validate",
    summary: "Checks a configuration and lists everything that is wrong with it.",
    load: async () => (await import("./validate.ts")).validateCommand,
  },
  {
    name: "eval",
    summary: "Evaluates an expression over attributes.",
    load: async () => (await import("./eval.ts")).evalCommand,
  },
  {
    name: "check",
    summary: "Decides on one request as the hub would, and says how it came to that.",
    load: async () => (await import("./check.ts")).checkCommand,
  },
  {
    name: "test",
    summary: "Runs files of cases: requests and records, and the verdicts, metrics and logs expected of them.",
    load: async () => (await import("./test.ts")).testCommand,
  },
  {
    name: "components",
    summary: "Lists the adapters, receivers and functions that there are.",
    load: async () => (await import("./components.ts")).componentsCommand,
  },
  {
    name: "spool",
    summary: "Looks after the logs on disk in front of handlers, and after dead letters.",
    load: async () => (await import("./spool.ts")).spoolCommand,
  },
  {
    name: "adapter",
    summary: "Starts an adapter of your own, or runs its tests.",
    load: async () => (await import("./adapter.ts")).adapterCommand,
  },
];

import { fileURLToPath, pathToFileURL } from "node:url";

/** Whose an error is that nothing caught: `unknown` if its stack names neither the hub nor a plug-in. */
export type Origin = "plugin" | "hub" | "unknown";

const hubFolder = fileURLToPath(new URL("../../", import.meta.url));

/** Tells whose an error is by the files in its stack; `files` are those of plug-ins. */
export function originOf(error: unknown, files: readonly string[]): Origin {
  const stack = error instanceof Error ? String(error.stack) : "";
  const names = (path: string) => stack.includes(path) || stack.includes(pathToFileURL(path).pathname);
  if (files.some(names)) return "plugin";
  return names(hubFolder) ? "hub" : "unknown";
}

/** Where errors come out that nothing caught, those of promises too: the process. */
export interface StrayFaults {
  on(event: "uncaughtException", listener: (error: unknown) => void): unknown;
}

/** What is done about errors that nothing caught. */
export interface StrayFaultOptions {
  /** The files of plug-ins. */
  files(): readonly string[];
  /** A plug-in let go of an error, in a timer or a promise that it did not wait for: the hub goes on. */
  onPluginFault(error: unknown): void;
  /** A fault of the hub itself, after which it cannot be trusted. */
  onHubFault(error: unknown): void;
}

/** Watches for errors that nothing caught, those of promises too. While there are plug-ins, one of unknown origin is taken for theirs. */
export function watchStrayFaults(faults: StrayFaults, { files, onPluginFault, onHubFault }: StrayFaultOptions): void {
  faults.on("uncaughtException", (error) => {
    const known = files();
    const origin = originOf(error, known);
    if (origin === "plugin" || (origin === "unknown" && known.length > 0)) onPluginFault(error);
    else onHubFault(error);
  });
}

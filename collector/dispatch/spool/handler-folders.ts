import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "./spool-error.ts";

/** The folder of all logs of a hub. */
export function spoolRoot(dataDir: string): string {
  return join(dataDir, "spool");
}

/** A handler's folder below the folder of all logs; any name gives one, and none leads out of it. */
export function handlerFolder(root: string, handler: string): string {
  return join(root, encodeURIComponent(handler).replace(/^\./, "%2E"));
}

/** The handlers that have a folder, by name. */
export async function listHandlers(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  });
  const names = entries.filter((entry) => entry.isDirectory()).flatMap(({ name }) => decode(name));
  return names.sort();
}

function decode(name: string): string[] {
  try {
    return [decodeURIComponent(name)];
  } catch {
    return [];
  }
}

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** Files with what tells one content from another. */
export type Fingerprints = ReadonlyMap<string, string>;

/** The SHA-256 of a file's content; `missing` if it cannot be read. */
export function fingerprint(path: string): string {
  try {
    return createHash("sha256").update(readFileSync(path)).digest("hex");
  } catch {
    return "missing";
  }
}

/** Whether every file still holds what it held. */
export function isCurrent(files: Fingerprints): boolean {
  return [...files].every(([path, before]) => fingerprint(path) === before);
}

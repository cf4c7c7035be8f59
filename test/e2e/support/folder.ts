import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder of its own for a test, removed with `using` or `remove`. */
export function temporaryFolder(name: string): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), `mixdown-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A folder for plug-ins of a test. */
export interface PluginFolder {
  readonly path: string;
  /** Writes a file below the folder and returns its whole path. */
  write(file: string, text: string): string;
  remove(): void;
}

/** Makes an empty folder. */
export function pluginFolder(): PluginFolder {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "mixdown-plugins-")));
  return {
    path,
    write(file, text) {
      const whole = join(path, file);
      mkdirSync(dirname(whole), { recursive: true });
      writeFileSync(whole, text);
      return whole;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** An object literal that declares an adapter; `over` replaces or adds members. */
export function declaration(over: Readonly<Record<string, string>> = {}): string {
  const members = {
    type: '"demo"',
    summary: '"Takes metrics."',
    accepts: '["metric"]',
    config: "z.strictObject({})",
    open: 'async () => ({ async deliver() { return { status: "delivered" }; }, async close() {} })',
    ...over,
  };
  return `{ ${Object.entries(members)
    .map(([name, value]) => `${name}: ${value}`)
    .join(", ")} }`;
}

/** The text of a module that exports such a declaration. */
export function pluginText(over: Readonly<Record<string, string>> = {}): string {
  return `import { defineAdapter, z } from "mixdown/adapter";\nexport default defineAdapter(${declaration(over)});\n`;
}

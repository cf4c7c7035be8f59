import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";

/** One import, re-export or dynamic import of a file. */
export interface Import {
  /** The file that imports, relative to the checkout. */
  readonly from: string;
  /** The file imported, relative to the checkout; the specifier itself for packages. */
  readonly to: string;
  readonly relative: boolean;
  /** Nothing of it is left when the program runs. */
  readonly typeOnly: boolean;
}

const comments = /\/\*[\s\S]*?\*\/|(?<![:"'`])\/\/.*$/gm;
const statements = /^\s*(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]+?\s+from\s+)?["']([^"']+)["']/gm;
const dynamic = /\bimport\(\s*["']([^"']+)["']\s*\)/g;

/** The imports of one source text. */
export function importsOf(file: string, source: string): Import[] {
  const text = source.replace(comments, "");
  const found: Import[] = [];
  for (const [, type, specifier = ""] of text.matchAll(statements))
    found.push(resolve(file, specifier, type !== undefined));
  for (const [, specifier = ""] of text.matchAll(dynamic)) found.push(resolve(file, specifier, false));
  return found;
}

function resolve(from: string, specifier: string, typeOnly: boolean): Import {
  const relative = specifier.startsWith(".");
  const to = relative ? posix.join(posix.dirname(from), specifier) : specifier;
  return { from, to, relative, typeOnly };
}

/** Every TypeScript file of the project's own folders, relative to the checkout. */
export function sourceFiles(root: string): string[] {
  return ["collector", "adapters", "schemas", "test", "bench", "scripts", "examples"].flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
      .map((file) => `${folder}/${file}`),
  );
}

/** The imports of all these files. */
export function allImports(root: string, files: readonly string[]): Import[] {
  return files.flatMap((file) => importsOf(file, readFileSync(root + file, "utf8")));
}

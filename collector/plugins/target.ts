import { isBuiltin } from "node:module";
import { dirname, extname, resolve } from "node:path";
import type { NamedAdapter } from "../config/named-adapters.ts";

/** What a handler's `adapter:` names, if it names a plug-in. */
export type Target = FileTarget | PackageTarget;

/** A file of code. */
export interface FileTarget {
  readonly kind: "file";
  readonly path: string;
}

/** A package of npm, looked for from these folders in turn. */
export interface PackageTarget {
  readonly kind: "package";
  readonly name: string;
  readonly from: readonly string[];
}

const codeFiles: readonly string[] = [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"];
/** A name as npm takes it, with what follows it in an import. */
const packageName = /^(@[a-z0-9-~][a-z0-9-._~]*\/)?[a-z0-9-~][a-z0-9-._~]*(\/[\w.~-]+)*$/i;

/**
 * The plug-in that a name means. Paths start with `/`, `./` or `../` or end as code does, and are relative to the folder of
 * the file that names them; packages are looked for from that folder, the working directory, and the hub.
 */
export function toTarget({ name, file }: NamedAdapter, cwd: string): Target | undefined {
  const folder = resolve(cwd, dirname(file));
  if (/^\.{0,2}\//.test(name) || codeFiles.includes(extname(name)))
    return { kind: "file", path: resolve(folder, name) };
  if (!packageName.test(name) || isBuiltin(name)) return undefined;
  return { kind: "package", name, from: [...new Set([folder, cwd, import.meta.dirname])] };
}

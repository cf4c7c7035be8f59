import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { errorText } from "../../schemas/model/error-text.ts";
import { nearest } from "../../schemas/model/nearest.ts";
import type { PluginFault } from "../config/plugin-outcome.ts";
import { ABSENT, type PluginImport } from "./module-hooks.ts";
import type { FileTarget, Target } from "./target.ts";

/** A plug-in as the configuration names it, and what came of importing it. */
export interface FailedImport extends Pick<PluginImport, "entry" | "files" | "last"> {
  readonly name: string;
  readonly target: Target;
}

/** Puts what went wrong while importing a plug-in into words that name file, line and remedy. */
export async function loadFault(error: unknown, failed: FailedImport): Promise<PluginFault> {
  const { name, target, entry } = failed;
  const code = codeOf(error);
  if (code === "ERR_UNSUPPORTED_DIR_IMPORT" && entry === undefined)
    return { message: `the adapter "${name}" is a folder`, expected: "a file, such as index.ts in it" };
  if (code === ABSENT && target.kind === "file") return noFile(name, target);
  const at = (await placeOf(error, failed)) ?? "";
  return { message: `the adapter "${name}" cannot be loaded: ${at}${wordsOf(error, failed)}` };
}

/** The code of an error, if it has one. */
export const codeOf = (error: unknown): unknown =>
  typeof error === "object" && error !== null && "code" in error ? error.code : undefined;

function noFile(name: string, { path }: FileTarget): PluginFault {
  const suggestion = nearest(basename(path), filesBeside(path));
  return {
    message: `the adapter "${name}" does not exist: there is no file ${path}`,
    ...(suggestion === undefined ? {} : { suggestion: name.replace(basename(path), suggestion) }),
  };
}

function filesBeside(path: string): string[] {
  try {
    return readdirSync(dirname(path));
  } catch {
    return [];
  }
}

function wordsOf(error: unknown, { entry, last }: FailedImport): string {
  const text = errorText(error).replaceAll(/\?mixdown=[\w.]+/g, "");
  switch (codeOf(error)) {
    case "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING":
      return "it is TypeScript under node_modules, which Node does not run: a package holds JavaScript, as tsc makes it";
    case "ERR_UNKNOWN_FILE_EXTENSION":
      return `${text}: Node runs TypeScript unless it was started without type stripping`;
    case "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX":
      return `${text}: Node removes types and compiles nothing`;
    case "ERR_MODULE_NOT_FOUND":
      return `${text}${remedyFor(text, last ?? entry)}`;
    default:
      return error instanceof SyntaxError ? `${error.name}: ${text}` : text;
  }
}

function remedyFor(text: string, importer: string | undefined): string {
  const [, wanted] = /Cannot find package '([^']+)'/.exec(text) ?? [];
  if (wanted === undefined || importer === undefined || wanted.startsWith("/")) return "";
  if (wanted === "zod") return '; take z from "mixdown/adapter"';
  if (wanted === "mixdown") return '; plug-ins may import "mixdown/adapter" and "mixdown/adapter/testing"';
  return `; run "npm install ${wanted}" in ${dirname(importer)}`;
}

/** `file:line: ` of the plug-in's own code where the error came from. */
async function placeOf(error: unknown, { files, last }: FailedImport): Promise<string | undefined> {
  const stack = error instanceof Error ? String(error.stack) : "";
  const place = stack
    .split("\n")
    .map((line) => placeIn(line, files.keys()))
    .find((found) => found !== undefined);
  if (place !== undefined || last === undefined || !(error instanceof SyntaxError)) return place;
  const line = await syntaxErrorLine(last);
  return line === undefined ? `${last}: ` : `${last}:${line}: `;
}

function placeIn(line: string, files: Iterable<string>): string | undefined {
  for (const path of files) {
    for (const written of [path, pathToFileURL(path).pathname]) {
      const from = line.indexOf(written);
      if (from === -1) continue;
      const [, number] = /^(?:\?mixdown=[\w.]+)?:(\d+)/.exec(line.slice(from + written.length)) ?? [];
      if (number !== undefined) return `${path}:${number}: `;
    }
  }
  return undefined;
}

/** Where Node finds fault with the syntax of a module: the error itself does not tell. */
function syntaxErrorLine(file: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const check = ["--check", "--input-type=module"];
    const child = execFile(process.execPath, check, { timeout: 5000 }, (_error, _stdout, stderr) => {
      resolve(/^\[stdin\]:(\d+)/m.exec(stderr)?.[1]);
    });
    child.stdin?.on("error", () => {}).end(textOf(file));
  });
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

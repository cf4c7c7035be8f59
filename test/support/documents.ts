import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folder of the checkout. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** A block of code in a document. */
export interface Fence {
  /** File and line of the block's first line. */
  readonly place: string;
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks of a Markdown text, without the indentation of the list they may stand in. */
export function fencesOf(file: string, markdown: string): Fence[] {
  const fences: Fence[] = [];
  const pattern = /^( *)```(\w*)\n([\s\S]*?)^\1```$/gm;
  for (const { 1: indent = "", 2: language = "", 3: body = "", index } of markdown.matchAll(pattern)) {
    const line = markdown.slice(0, index).split("\n").length + 1;
    fences.push({ place: `${file}:${line}`, language, text: body.replaceAll(new RegExp(`^${indent}`, "gm"), "") });
  }
  return fences;
}

/** Every document a user reads: README, docs and the adapters' own pages, relative to the checkout. */
export function documents(): string[] {
  const below = ["docs", "adapters", "examples"].flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: "utf8" }).map((file) => `${folder}/${file}`),
  );
  return ["README.md", "CONTRIBUTING.md", ...below].filter((file) => file.endsWith(".md") && existsSync(root + file));
}

/** The fenced blocks of all documents in one language. */
export function documentedCode(language: string): Fence[] {
  return documents()
    .flatMap((file) => fencesOf(file, readFileSync(root + file, "utf8")))
    .filter((fence) => fence.language === language);
}

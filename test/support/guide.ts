import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fencesOf, root } from "./documents.ts";

/** The guide for authors of adapters, relative to the checkout. */
export const guide = "docs/writing-an-adapter.md";

/** The files that the guide lets its reader make, by name, as the blocks of the page stand. */
export function guideFiles(): Readonly<Record<"audit.ts" | "audit.test.ts" | "mesh.yaml", string>> {
  const fences = fencesOf(guide, readFileSync(root + guide, "utf8"));
  const [plugin = "", test = ""] = fences.filter(({ language }) => language === "ts").map(({ text }) => text);
  const config = fences.find(({ language }) => language === "yaml")?.text ?? "";
  return { "audit.ts": plugin, "audit.test.ts": test, "mesh.yaml": config };
}

/** Writes the guide's files into a folder. */
export function writeGuideFiles(folder: string): void {
  for (const [name, text] of Object.entries(guideFiles())) writeFileSync(join(folder, name), text);
}

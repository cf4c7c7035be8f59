import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fencesOf, root } from "./documents.ts";

/** The guide for authors of adapters, relative to the checkout. */
export const guide = "docs/writing-an-adapter.md";

type GuideFile = `${"audit" | "gatekeeper"}${".ts" | ".test.ts"}` | "mesh.yaml" | "gatekeeper.yaml";

/** The files that the guide lets its reader make, by name, as the blocks of the page stand. */
export function guideFiles(): Readonly<Record<GuideFile, string>> {
  const fences = fencesOf(guide, readFileSync(root + guide, "utf8"));
  const textsOf = (wanted: string) => fences.filter(({ language }) => language === wanted).map(({ text }) => text);
  const [audit = "", auditTest = "", gatekeeper = "", gatekeeperTest = ""] = textsOf("ts");
  const [mesh = "", policy = ""] = textsOf("yaml");
  return {
    ...{ "audit.ts": audit, "audit.test.ts": auditTest, "mesh.yaml": mesh },
    ...{ "gatekeeper.ts": gatekeeper, "gatekeeper.test.ts": gatekeeperTest, "gatekeeper.yaml": policy },
  };
}

/** Writes the guide's files into a folder. */
export function writeGuideFiles(folder: string): void {
  for (const [name, text] of Object.entries(guideFiles())) writeFileSync(join(folder, name), text);
}

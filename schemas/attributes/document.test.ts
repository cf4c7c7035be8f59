import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { renderVocabulary } from "./document.ts";
import { builtInAttributes } from "./vocabulary.ts";

describe("docs/vocabulary.md", () => {
  it("is what the table makes", () => {
    const page = readFileSync(resolve(import.meta.dirname, "../../docs/vocabulary.md"), "utf8");
    const remedy = "run: node schemas/attributes/write-document.ts";
    expect(page, remedy).toBe(renderVocabulary());
  });

  it("shows every attribute once, in rows of seven cells", () => {
    const rows = renderVocabulary()
      .split("\n")
      .filter((line) => line.startsWith("| `"));
    expect(rows.map((row) => /^\| `([^`]+)`/.exec(row)?.[1]).toSorted()).toEqual(
      builtInAttributes.map(({ name }) => name).toSorted(),
    );
    for (const row of rows) expect(row.match(/(?<!\\)\|/g), row).toHaveLength(8);
  });
});

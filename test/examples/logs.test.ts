import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { accessLogFields } from "../../collector/config/access-log-fields.ts";
import { secretHeaders, secretParams } from "../../collector/rules/redact/secret-names.ts";
import { root } from "../support/documents.ts";

const page = readFileSync(`${root}docs/logs.md`, "utf8");

/** The rows of a table under a heading line, as texts of their cells. */
function rowsOf(header: string): string[][] {
  const [, after = ""] = page.split(`${header}\n|---|---|\n`);
  const [table = ""] = after.split("\n\n");
  return table.split("\n").map((row) => row.slice(2, -2).split(" | "));
}

const code = (text = "") => [...text.matchAll(/`([^`]+)`/g)].map(([, word]) => word);

describe("docs/logs.md", () => {
  test("lists the fields of the default access log as they are", () => {
    const told = rowsOf("| variable | expression |").map((cells) => cells.flatMap(code));
    const fields = Object.entries(accessLogFields).map(([name, text]) => [name, text.replace(/\s+/g, " ")]);
    expect(told.map(([name, text]) => [name, text?.replaceAll("\\|", "|")])).toEqual(fields);
  });

  test("lists the names that are masked as they are", () => {
    const [headers, params] = rowsOf("| where | what is masked |").map(([, names]) => code(names));
    expect(headers).toEqual(secretHeaders);
    expect(params).toEqual(secretParams);
  });
});

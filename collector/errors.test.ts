import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { errorTable } from "./errors.ts";

it("is told in docs/errors.md, row by row", () => {
  const page = readFileSync(new URL("../docs/errors.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\d+) \| (.+) \|$/gm)].map(([, code, exit, meaning]) => ({
    code,
    exit: Number(exit),
    meaning,
  }));
  expect(rows).toEqual(Object.entries(errorTable).map(([code, { exit, meaning }]) => ({ code, exit, meaning })));
});

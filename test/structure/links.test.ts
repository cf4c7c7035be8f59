import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { documents, root } from "../support/documents.ts";
import { anchorsOf, type Link, linksOf } from "./links.ts";

const read = (file: string) => readFileSync(root + file, "utf8");

/** What is wrong with a link, in words; undefined if it leads somewhere. */
function fault({ place, target, anchor }: Link): string | undefined {
  if (target.startsWith("..")) return `${place} leads out of the checkout: ${target}`;
  if (!existsSync(root + target)) return `${place} leads to ${target}, which is not there`;
  if (anchor !== undefined && target.endsWith(".md") && !anchorsOf(read(target)).includes(anchor))
    return `${place} leads to #${anchor}, which is no heading of ${target}`;
}

describe("relative links", () => {
  test.each(documents())("of %s lead somewhere", (file) => {
    const faults = linksOf(file, read(file)).map(fault);
    expect(faults.filter((problem) => problem !== undefined)).toEqual([]);
  });

  test("are looked at in README, CONTRIBUTING and docs", () => {
    expect(documents()).toEqual(expect.arrayContaining(["README.md", "CONTRIBUTING.md", "docs/operations.md"]));
    expect(linksOf("README.md", read("README.md")).length).toBeGreaterThan(3);
  });
});

describe("reading links", () => {
  test("finds them with their line, whatever their form", () => {
    const text = 'See [a](b.md#c),\n![x](../y.png "title") and [d](#e)\n\n[f]: <g.md>\n';
    expect(linksOf("docs/x.md", text)).toEqual([
      { place: "docs/x.md:1", target: "docs/b.md", anchor: "c" },
      { place: "docs/x.md:2", target: "y.png", anchor: undefined },
      { place: "docs/x.md:2", target: "docs/x.md", anchor: "e" },
      { place: "docs/x.md:4", target: "docs/g.md", anchor: undefined },
    ]);
  });

  test("passes over code and other sites", () => {
    const text =
      "`[a](b)` [c](https://d.example/e) <https://f.example>\n\n```md\n[g](h)\n```\n\n- x\n\n  ```sh\n  [i](j)\n  ```\n";
    expect(linksOf("x.md", text)).toEqual([]);
  });

  test("names headings as GitHub does", () => {
    expect(anchorsOf("# One, two: `three`\n## A [link](x)\n## A link\n```\n# no\n```\n")).toEqual([
      "one-two-three",
      "a-link",
      "a-link-1",
    ]);
  });

  test("tells of files and headings that are not there", () => {
    const link = { place: "x:1", target: "README.md", anchor: undefined };
    expect(fault(link)).toBeUndefined();
    expect(fault({ ...link, target: "nothing.md" })).toContain("which is not there");
    expect(fault({ ...link, target: "../x.md" })).toContain("out of the checkout");
    expect(fault({ ...link, anchor: "nothing" })).toContain("no heading");
  });
});

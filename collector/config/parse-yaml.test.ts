import { describe, expect, it } from "vitest";
import { parseYaml } from "./parse-yaml.ts";
import { toPlain } from "./tree.ts";

function read(text: string): unknown {
  const { tree, problems } = parseYaml("f", text, {});
  if (tree === undefined || problems.length > 0) throw new Error(JSON.stringify(problems));
  return toPlain(tree);
}

describe("YAML files", () => {
  it("may use anchors and aliases", () => {
    expect(read("a: &x { n: 1 }\nb: *x")).toEqual({ a: { n: 1 }, b: { n: 1 } });
  });

  it("may merge mappings, what is written winning over what is merged and the order staying that of the merged", () => {
    const merged = read("a: &x { m: 1, n: 1, k: 0 }\nb: { <<: *x, k: 3, n: 2, o: 4 }") as { b: object };
    expect(Object.entries(merged.b)).toEqual([
      ["m", 1],
      ["n", 2],
      ["k", 3],
      ["o", 4],
    ]);
  });

  it("may merge several, the first winning", () => {
    expect(read("a: &x { m: 1 }\nb: &y { m: 2, n: 2 }\nc: { <<: [*x, *y] }")).toMatchObject({ c: { m: 1, n: 2 } });
  });

  it("have text wherever a scalar is tagged so", () => {
    expect(read("a: ! 5\nb: !!str 6\nc: ! text")).toEqual({ a: "5", b: "6", c: "text" });
  });

  it("have text for keys", () => {
    expect(read("200: a\ntrue: b")).toEqual({ "200": "a", true: "b" });
  });

  it("cannot hold themselves", () => {
    expect(parseYaml("f", "a: &x [*x]", {}).problems).toMatchObject([
      { message: "alias *x has no anchor before it", at: { line: 1, column: 8 } },
    ]);
  });

  it("may redefine an anchor", () => {
    expect(read("a: &x 1\nb: *x\nc: &x 2\nd: *x")).toEqual({ a: 1, b: 1, c: 2, d: 2 });
  });
});

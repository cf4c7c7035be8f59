import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findLimit, matchesParts } from "./find-limit.ts";
import { type LimitNode, readDomains } from "./limit-tree.ts";

const content = `
domain: shop
descriptors:
  - { key: a, rate_limit: { unit: day, requests_per_unit: 1 } }
  - { key: a, value: x, rate_limit: { unit: day, requests_per_unit: 2 } }
  - { key: a, value: "x*", rate_limit: { unit: day, requests_per_unit: 3 } }
  - { key: a, value: "x*y*z", rate_limit: { unit: day, requests_per_unit: 4 } }
  - { key: a, value: "*w", rate_limit: { unit: day, requests_per_unit: 5 } }
  - key: deep
    rate_limit: { unit: day, requests_per_unit: 6 }
    descriptors:
      - { key: inner, rate_limit: { unit: day, requests_per_unit: 7 } }
      - { key: bare }
  - { key: metric, value_to_metric: true, rate_limit: { unit: day, requests_per_unit: 8 } }
  - { key: detail, detailed_metric: true, rate_limit: { unit: day, requests_per_unit: 9 } }
  - { key: files, value: "f*", share_threshold: true, descriptors: [{ key: user, rate_limit: { unit: day, requests_per_unit: 10 } }] }
  - { key: both, value: "f*", share_threshold: true, detailed_metric: true, rate_limit: { unit: day, requests_per_unit: 11 } }
`;
const shop = readDomains([{ name: "f", content }], false).get("shop") as LimitNode;

const find = (...pairs: [string, string][]) =>
  findLimit(
    shop,
    pairs.map(([key, value]) => ({ key, value })),
  );

describe("a descriptor", () => {
  it.each<[string, [string, string][], number | undefined]>([
    ["is held to its key and value", [["a", "x"]], 2],
    ["is held to the first wildcard that matches", [["a", "xyz"]], 3],
    ["is held to a wildcard at the beginning", [["a", "qw"]], 5],
    ["is held to the key alone where no value matches", [["a", "q"]], 1],
    [
      "is held to the last of its entries",
      [
        ["deep", "1"],
        ["inner", "2"],
      ],
      7,
    ],
    ["is held to a level that has more below", [["deep", "1"]], 6],
    [
      "that is longer than the configuration has no limit",
      [
        ["a", "x"],
        ["b", "y"],
      ],
      undefined,
    ],
    [
      "that ends where no limit is has none",
      [
        ["deep", "1"],
        ["bare", "2"],
      ],
      undefined,
    ],
    ["that is shorter than the configuration has none", [["files", "f1"]], undefined],
    ["of an unknown key has none", [["b", "x"]], undefined],
  ])("%s", (_name, pairs, expected) => {
    expect(find(...pairs)?.limit.requestsPerUnit).toBe(expected);
  });

  it.each<[[string, string][], string[]]>([
    [[["a", "x"]], ["a_x"]],
    [[["a", "xq"]], ["a_x*"]],
    [[["a", "q"]], ["a"]],
    [
      [
        ["deep", "1"],
        ["inner", "2"],
      ],
      ["deep", "inner"],
    ],
    [[["metric", "m"]], ["metric_m"]],
    [[["metric", ""]], ["metric"]],
    [[["detail", "d"]], ["detail_d"]],
    [[["detail", ""]], ["detail_"]],
    [
      [
        ["files", "f1"],
        ["user", "u"],
      ],
      ["files_f*", "user"],
    ],
    [[["both", "f2"]], ["both_f*"]],
  ])("%j has statistics under %j", (pairs, path) => {
    expect(find(...pairs)?.path).toEqual(path);
  });

  it("shares its count with all that a wildcard matches only where it says so", () => {
    expect(find(["files", "f1"], ["user", "u"])?.values).toEqual(["f*", "u"]);
    expect(find(["a", "xq"])?.values).toEqual(["xq"]);
  });
});

it("stars stand for anything, as a regular expression would have it", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 8 });
  fc.assert(
    fc.property(text, fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 10 }), (pattern, value) => {
      const expected = new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(value);
      fc.pre(pattern.includes("*"));
      expect(matchesParts(pattern.split("*"), value)).toBe(expected);
    }),
    { numRuns: 1000 },
  );
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSpiffeList, parseSpiffeId } from "./spiffe.ts";

describe("parseSpiffeId", () => {
  it.each([
    ["spiffe://cluster.local/ns/a/sa/b", "cluster.local", "/ns/a/sa/b"],
    ["SPIFFE://Cluster.LOCAL/ns/A", "cluster.local", "/ns/A"],
    ["spiffe://td", "td", ""],
    [`spiffe://td/${"x".repeat(2030)}`, "td", `/${"x".repeat(2030)}`],
  ])("reads %s", (uri, trustDomain, path) => {
    expect(parseSpiffeId(uri)).toEqual({ trustDomain, path });
  });

  it.each([
    "",
    "td",
    "http://td/a",
    "spiffe://",
    "spiffe:///a",
    "spiffe://td/",
    "spiffe://td//a",
    "spiffe://td/a/",
    "spiffe://td/./a",
    "spiffe://td/a/..",
    "spiffe://td/%61",
    "spiffe://td:80/a",
    "spiffe://user@td/a",
    "spiffe://td/a?b",
    "spiffe://td/a#b",
    "spiffe://td/a b",
    "spiffe://td/a\n",
    `spiffe://${"d".repeat(256)}/a`,
    `spiffe://td/${"x".repeat(2048)}`,
  ])("refuses %j", (uri) => {
    expect(parseSpiffeId(uri)).toBeUndefined();
  });

  it("never throws", () => {
    fc.assert(fc.property(fc.string(), (text) => void parseSpiffeId(`spiffe://${text}`)));
  });
});

describe("createSpiffeList", () => {
  const allows = (entries: string[], uri: string) => createSpiffeList(entries)(parseSpiffeId(uri)!);

  it("compares trust domains without case and paths with it", () => {
    expect(allows(["spiffe://TD/ns/a"], "spiffe://td/ns/a")).toBe(true);
    expect(allows(["spiffe://td/ns/a"], "spiffe://TD/ns/a")).toBe(true);
    expect(allows(["spiffe://td/ns/a"], "spiffe://td/ns/A")).toBe(false);
    expect(allows(["spiffe://td/ns/a"], "spiffe://td/ns/a/b")).toBe(false);
    expect(allows(["spiffe://td/ns/a"], "spiffe://other/ns/a")).toBe(false);
  });

  it("takes whole trust domains, spelled both ways", () => {
    expect(allows(["Cluster.local"], "spiffe://cluster.local/any/thing")).toBe(true);
    expect(allows(["spiffe://cluster.local"], "spiffe://cluster.local/any")).toBe(true);
    expect(allows(["cluster.local"], "spiffe://xcluster.local/any")).toBe(false);
    expect(allows([], "spiffe://cluster.local/any")).toBe(false);
  });

  it.each(["", "td/ns/a", "http://td", "spiffe://td/"])("refuses the entry %j", (entry) => {
    expect(() => createSpiffeList([entry])).toThrow(`"${entry}" is neither`);
  });
});

import { describe, expect, it } from "vitest";
import { firstSpiffeId, parseSpiffeId } from "./spiffe.ts";

describe("a SPIFFE id", () => {
  it.each<[string, string, string | undefined, string | undefined]>([
    ["spiffe://cluster.local/ns/shop/sa/cart", "cluster.local/ns/shop/sa/cart", "shop", "cart"],
    ["SPIFFE://Cluster.Local/ns/Shop/sa/Cart", "cluster.local/ns/Shop/sa/Cart", "Shop", "Cart"],
    ["spiffe://td/region/eu/ns/a/sa/b", "td/region/eu/ns/a/sa/b", "a", "b"],
    ["spiffe://td/service/web", "td/service/web", undefined, undefined],
    ["spiffe://td/ns/a/sa/b/c", "td/ns/a/sa/b/c", undefined, undefined],
    ["spiffe://td/ns/a", "td/ns/a", undefined, undefined],
    ["spiffe://td", "td", undefined, undefined],
  ])("%s", (text, principal, namespace, serviceAccount) => {
    expect(parseSpiffeId(text)).toEqual({ principal, namespace, serviceAccount });
  });

  it.each([
    "",
    "spiffe://",
    "https://td/ns/a/sa/b",
    "cluster.local/ns/a/sa/b",
    "spiffe://td/ns//sa/b",
    "spiffe://td/ns/../sa/b",
    "spiffe://td/ns/./sa/b",
    "spiffe://td/",
    "spiffe://td/a%20b",
    "spiffe://td/a?b",
    "spiffe://td/a#b",
    "spiffe://td:80/a",
    "spiffe://user@td/a",
    `spiffe://${"t".repeat(256)}/a`,
    `spiffe://td/${"a".repeat(2048)}`,
    "spiffe://td/ä",
  ])("is not %s", (text) => {
    expect(parseSpiffeId(text)).toBeUndefined();
  });

  it("is the first among names of other kinds", () => {
    expect(firstSpiffeId(["https://a", "spiffe://td/x", "spiffe://td/y"])?.principal).toBe("td/x");
    expect(firstSpiffeId([])).toBeUndefined();
  });
});

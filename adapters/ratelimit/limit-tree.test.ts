import { describe, expect, it } from "vitest";
import { findLimit } from "./find-limit.ts";
import { type LimitNode, readDomains } from "./limit-tree.ts";

const read = (content: string) => readDomains([{ name: "limits.yaml", content }], false);

describe("files of limits", () => {
  it("that are made by hand load as they are: comments, anchors, merged mappings, texts that look like numbers", () => {
    const domains = read(`
# a comment
domain: shop
descriptors:
  - key: tenant
    value: 007
    rate_limit: &base { unit: Minute, requests_per_unit: 5 }
  - key: flag
    value: yes
    shadow_mode: yes
    rate_limit: { <<: *base, requests_per_unit: 6 }
  - key: nothing
    rate_limit:
`);
    const shop = domains.get("shop") as LimitNode;
    const of = (key: string, value: string) => findLimit(shop, [{ key, value }])?.limit;
    expect(of("tenant", "007")).toMatchObject({ unit: "MINUTE", requestsPerUnit: 5, shadowMode: false });
    expect(of("flag", "yes")).toMatchObject({ unit: "MINUTE", requestsPerUnit: 6, shadowMode: true });
    expect(of("nothing", "x")).toBeUndefined();
  });

  it.each(["second", "minute", "hour", "day", "week", "month", "year"])("know the unit %s", (unit) => {
    const domains = read(
      `{ domain: d, descriptors: [{ key: k, rate_limit: { unit: ${unit}, requests_per_unit: 1 } }] }`,
    );
    expect(findLimit(domains.get("d") as LimitNode, [{ key: "k", value: "" }])?.limit.unit).toBe(unit.toUpperCase());
  });

  it.each([
    ["domain: d\ndescriptors:\n  - kee: a\n", 'limits.yaml:3:5: unknown key "kee": expected domain'],
    ["domain: ''\n", "limits.yaml:1:1: a file cannot have an empty domain"],
    ["domain: d\ndescriptors:\n  - value: a\n", "limits.yaml:3:5: a descriptor has an empty key"],
    ["domain: d\ndescriptors:\n  - key: a\n  - key: a\n", 'limits.yaml:4:5: duplicate descriptor "d.a"'],
    [
      "domain: d\ndescriptors:\n  - key: a\n    rate_limit: { unit: decade }\n",
      '"decade" is no unit: expected one of second',
    ],
    ["domain: d\ndescriptors:\n  - key: a\n    rate_limit: { requests_per_unit: 1 }\n", '"" is no unit'],
    [
      "domain: d\ndescriptors:\n  - key: a\n    rate_limit: { unlimited: true, unit: day }\n",
      "limits.yaml:4:42: what is unlimited has no unit",
    ],
    [
      "domain: d\ndescriptors:\n  - key: a\n    rate_limit: { unit: day, requests_per_unit: -1 }\n",
      "expected a whole number from 0",
    ],
    [
      "domain: d\ndescriptors:\n  - key: a\n    rate_limit: { unit: day, name: n, replaces: [{ name: n }] }\n",
      "cannot name its own limit",
    ],
    ["domain: d\ndescriptors:\n  - key: a\n    rate_limit: { unit: day, replaces: [{}] }\n", "has no name"],
    ["domain: d\ndescriptors:\n  - key: a\n    share_threshold: true\n", 'share_threshold needs a value with a "*"'],
    ["domain: d\ndescriptors:\n  - key: a\n    shadow_mode: maybe\n", "expected true or false"],
    ["domain: d\ndescriptors: [1]\n", "expected a mapping"],
    ["domain: d\ndescriptors: {}\n", "expected a list"],
    ["domain: d\ndescriptors:\n  - key: a\n    metadata: [1]\n", "metadata is a mapping"],
    ["domain: [\n", "limits.yaml:"],
  ])("such as %j are refused with their place", (content, message) => {
    expect(() => read(content)).toThrow(message);
  });

  it("of one domain are two too many unless they are to be merged", () => {
    const files = ["a", "b"].map((key) => ({
      name: `${key}.yaml`,
      content: `{ domain: d, descriptors: [{ key: ${key}, rate_limit: { unit: day, requests_per_unit: 1 } }] }`,
    }));
    expect(() => readDomains(files, false)).toThrow('b.yaml:1:11: the domain "d" is in another file too');
    expect([...(readDomains(files, true).get("d")?.children.keys() ?? [])]).toEqual(["a", "b"]);
  });
});

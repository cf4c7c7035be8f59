import { describe, expect, it } from "vitest";
import { parseCidr, toNumber } from "../../schemas/model/cidr.ts";
import { createEnrichTables, type EnrichConfig } from "./enrich.ts";
import { peerFieldNumber, peerFields } from "./peer.ts";

const tables = (config: Partial<EnrichConfig>) => createEnrichTables({ addresses: {}, principals: {}, ...config });
const nameAt = (addresses: Record<string, string>, ip: string) => {
  const values = Object.fromEntries(Object.entries(addresses).map(([key, name]) => [key, { name }]));
  return tables({ addresses: values }).byAddress(ip)?.[peerFieldNumber("name")];
};

describe("enrichment by address", () => {
  const addresses = {
    "10.0.0.0/8": "ten",
    "10.1.0.0/16": "ten-one",
    "10.1.2.3": "host",
    "0.0.0.0/0": "any4",
    "2001:db8::/32": "doc",
    "2001:DB8:0:1::/64": "doc-one",
    "2001:db8::0:7": "host6",
    "::ffff:192.168.0.0/112": "mapped",
  };
  it.each([
    ["10.1.2.3", "host"],
    ["10.1.2.4", "ten-one"],
    ["10.2.0.0", "ten"],
    ["10.255.255.255", "ten"],
    ["11.0.0.0", "any4"],
    ["2001:db8::7", "host6"],
    ["2001:db8:0:1::9", "doc-one"],
    ["2001:db8:ffff::1", "doc"],
    ["2001:db9::", undefined],
    ["192.168.7.7", "mapped"],
    ["::1", undefined],
  ])("%s is %s", (ip, name) => {
    expect(nameAt(addresses, ip)).toBe(name);
  });

  it("ignores host bits of a block, and the order of entries", () => {
    expect(nameAt({ "10.1.2.3/16": "b", "10.0.0.0/8": "a" }, "10.1.0.0")).toBe("b");
    expect(nameAt({ "10.0.0.0/8": "a", "10.1.2.3/16": "b" }, "10.1.0.0")).toBe("b");
  });
});

describe("enrichment by principal", () => {
  it("takes principals with and without scheme", () => {
    const { byPrincipal, empty } = tables({
      principals: { "spiffe://TD/ns/a/sa/b": { labels: { app: "x" } }, "td/ns/c/sa/d": { version: "2" } },
    });
    expect(byPrincipal("td/ns/a/sa/b")?.[peerFieldNumber("labels")]).toEqual(new Map([["app", "x"]]));
    expect(byPrincipal("td/ns/c/sa/d")?.[peerFieldNumber("version")]).toBe("2");
    expect(byPrincipal("td/ns/x/sa/y")).toBeUndefined();
    expect(empty).toBe(false);
    expect(tables({}).empty).toBe(true);
  });
});

it("gives other attributes a place behind the usual ones", () => {
  const { fields, byAddress } = tables({ addresses: { "10.0.0.1": { team: "blue", name: "x" } } });
  expect(byAddress("10.0.0.1")?.[fields.indexOf("team")]).toBe("blue");
  expect(byAddress("10.0.0.1")?.[peerFieldNumber("name")]).toBe("x");
  expect(fields.indexOf("team")).toBeGreaterThanOrEqual(peerFields.length);
});

it("refuses keys that are no address", () => {
  expect(() => tables({ addresses: { "10.0.0.300": {} } })).toThrow('enrich.addresses: "10.0.0.300" is neither');
});

describe("a CIDR", () => {
  it.each([
    ["10.0.0.0/8", { bits: 32, length: 8, prefix: 10n }],
    ["0.0.0.0/0", { bits: 32, length: 0, prefix: 0n }],
    ["::/0", { bits: 128, length: 0, prefix: 0n }],
    ["10.0.0.1/32", { bits: 32, length: 32, prefix: 0x0a000001n }],
    ["::1/128", { bits: 128, length: 128, prefix: 1n }],
    ["::ffff:10.0.0.0/104", { bits: 32, length: 8, prefix: 10n }],
    ["::ffff:10.0.0.0/8", { bits: 128, length: 8, prefix: 0n }],
    ["::ffff:0:0/95", { bits: 128, length: 95, prefix: 0x7fffn }],
  ])("%s", (text, cidr) => {
    expect(parseCidr(text)).toEqual(cidr);
  });
  it.each([
    "",
    "10.0.0.0",
    "10.0.0.0/33",
    "::/129",
    "10.0.0.0/-1",
    "10.0.0.0/8/8",
    "x/8",

    "10.0.0.0/",
  ])("is not %s", (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });
  it("holds addresses as numbers", () => {
    expect(toNumber("255.255.255.255")).toBe(2n ** 32n - 1n);
    expect(toNumber("2001:db8::1")).toBe(0x20010db8000000000000000000000001n);
    expect(toNumber("::")).toBe(0n);
    expect(toNumber("1:2:3:4:5:6:7:8")).toBe(0x00010002000300040005000600070008n);
  });
});

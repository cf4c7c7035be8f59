import { describe, expect, it } from "vitest";
import { plainNode, sidecarNode } from "../../test/support/access-log-entry.ts";
import { parseClusterName } from "./cluster-name.ts";
import { toReporter } from "./reporter.ts";
import { createServiceNamer, hostOf } from "./service.ts";

describe("the host of an authority", () => {
  it.each([
    ["reviews", "reviews"],
    ["reviews:9080", "reviews"],
    ["Reviews.Shop:80", "reviews.shop"],
    ["a.b.svc.cluster.local.", "a.b.svc.cluster.local"],
    ["10.0.0.1:80", "10.0.0.1"],
    ["[2001:DB8::1]:80", "2001:db8::1"],
    ["[::1]", "::1"],
    ["::1", "::1"],
    ["", undefined],
    [":80", undefined],
    [".", undefined],
  ])("%s is %s", (authority, host) => {
    expect(hostOf(authority)).toBe(host);
  });
});

type Expected = [host: string | undefined, name: string | undefined, namespace: string | undefined];
type Row = [
  what: string,
  inbound: boolean,
  cluster: string | undefined,
  authority: string | undefined,
  flags: string | undefined,
  expected: Expected,
];

const namer = (node: typeof plainNode) => {
  const name = createServiceNamer(toReporter(node));
  return (inbound: boolean, cluster: string | undefined, authority: string | undefined, flags: string | undefined) => {
    const clusterName = cluster === undefined ? undefined : parseClusterName(cluster);
    const { host, name: service, namespace } = name(inbound, cluster, clusterName, authority, flags);
    return [host, service, namespace];
  };
};

describe("the service that a sidecar of namespace default reports", () => {
  const serviceOf = namer(sidecarNode);
  const reviews: Expected = ["reviews.default.svc.cluster.local", "reviews", "default"];
  it.each<Row>([
    [
      "outbound cluster",
      false,
      "outbound|80|v1|cart.shop.svc.cluster.local",
      "anything",
      undefined,
      ["cart.shop.svc.cluster.local", "cart", "shop"],
    ],
    [
      "outbound cluster of a foreign host",
      false,
      "outbound|443||api.example.com",
      "api.example.com",
      undefined,
      ["api.example.com", undefined, undefined],
    ],
    [
      "outbound cluster of another domain",
      false,
      "outbound|80||cart.shop.svc.west",
      "x",
      undefined,
      ["cart.shop.svc.west", "cart", "shop"],
    ],
    ["inbound, one label", true, "inbound|8080||", "reviews:80", undefined, reviews],
    [
      "inbound, two labels",
      true,
      "inbound|8080||",
      "cart.shop",
      undefined,
      ["cart.shop.svc.cluster.local", "cart", "shop"],
    ],
    [
      "inbound, up to svc",
      true,
      "inbound|8080||",
      "cart.shop.svc:80",
      undefined,
      ["cart.shop.svc.cluster.local", "cart", "shop"],
    ],
    [
      "inbound, whole",
      true,
      "inbound|8080||",
      "cart.shop.svc.cluster.local:80",
      undefined,
      ["cart.shop.svc.cluster.local", "cart", "shop"],
    ],
    ["inbound, address", true, "inbound|8080||", "10.0.0.1:8080", undefined, ["10.0.0.1", "app", "default"]],
    ["inbound, IPv6 address", true, "inbound|8080||", "[::1]:8080", undefined, ["::1", "app", "default"]],
    [
      "inbound, foreign name",
      true,
      "inbound|8080||",
      "shop.example.com",
      undefined,
      ["shop.example.com", "app", "default"],
    ],
    ["inbound, no authority", true, "inbound|8080||", undefined, undefined, [undefined, "app", "default"]],
    ["inbound without a cluster", true, undefined, "reviews", "NR", reviews],
    ["outbound without a cluster", false, undefined, "reviews", "UH", reviews],
    ["outbound without a cluster or flag", false, undefined, "reviews", undefined, reviews],
    ["no route", false, undefined, "reviews", "NR", [undefined, undefined, undefined]],
    ["no cluster", false, undefined, "reviews", "DC,NC", [undefined, undefined, undefined]],
    ["a flag that only looks like it", false, undefined, "reviews", "NRX", reviews],
    [
      "outbound without a cluster, foreign",
      false,
      undefined,
      "api.example.com",
      "UH",
      ["api.example.com", undefined, undefined],
    ],
    [
      "outbound without a cluster or authority",
      false,
      undefined,
      undefined,
      undefined,
      [undefined, undefined, undefined],
    ],
    [
      "passthrough",
      false,
      "PassthroughCluster",
      "httpbin.org",
      undefined,
      ["httpbin.org", "PassthroughCluster", undefined],
    ],
    ["black hole", false, "BlackHoleCluster", undefined, undefined, [undefined, "BlackHoleCluster", undefined]],
    [
      "inbound passthrough",
      true,
      "InboundPassthroughClusterIpv4",
      "10.0.0.1:99",
      undefined,
      ["10.0.0.1", "InboundPassthroughCluster", "default"],
    ],
    [
      "cluster of a waypoint",
      true,
      "inbound-vip|80|http|cart.shop.svc.cluster.local",
      "x.y",
      undefined,
      ["cart.shop.svc.cluster.local", "cart", "shop"],
    ],
  ])("%s", (_, inbound, cluster, authority, flags, expected) => {
    expect(serviceOf(inbound, cluster, authority, flags)).toEqual(expected);
    expect(serviceOf(inbound, cluster, authority, flags)).toEqual(expected);
  });

  it("is completed with the node's own namespace and domain", () => {
    const serviceOf = namer({ ...sidecarNode, id: "sidecar~10.0.0.1~a.west~west.svc.corp.example", metadata: {} });
    expect(serviceOf(true, undefined, "reviews", undefined)).toEqual([
      "reviews.west.svc.corp.example",
      "reviews",
      "west",
    ]);
  });
});

describe("the service that a plain Envoy reports", () => {
  const serviceOf = namer(plainNode);
  it.each<Row>([
    ["authority and cluster", false, "up", "Shop.example:80", undefined, ["shop.example", "up", undefined]],
    ["one label as it is", false, "up", "reviews", undefined, ["reviews", "up", undefined]],
    ["no cluster", false, undefined, "reviews", "NR", ["reviews", undefined, undefined]],
    ["no authority", false, "up", undefined, undefined, [undefined, "up", undefined]],
    [
      "a cluster that names a service",
      false,
      "outbound|80||cart.shop.svc.cluster.local",
      "x",
      undefined,
      ["cart.shop.svc.cluster.local", "cart", "shop"],
    ],
    [
      "a cluster that names a host",
      false,
      "outbound|80||api.example",
      "x",
      undefined,
      ["api.example", "outbound|80||api.example", undefined],
    ],
  ])("%s", (_, inbound, cluster, authority, flags, expected) => {
    expect(serviceOf(inbound, cluster, authority, flags)).toEqual(expected);
  });

  it("is not mixed up between entries", () => {
    expect(serviceOf(false, "a", "x", undefined)).toEqual(["x", "a", undefined]);
    expect(serviceOf(false, "b", "x", undefined)).toEqual(["x", "b", undefined]);
    expect(serviceOf(false, "b", "y", undefined)).toEqual(["y", "b", undefined]);
    expect(serviceOf(false, undefined, undefined, undefined)).toEqual([undefined, undefined, undefined]);
  });
});

describe("a cluster's name", () => {
  it.each([
    ["inbound|8080||", "inbound", undefined, undefined],
    ["outbound|80|v1|a.b.svc.cluster.local", "outbound", "a.b.svc.cluster.local", "v1"],
    ["outbound|80||", "outbound", undefined, undefined],
    ["outbound|", "outbound", undefined, undefined],
    ["outbound", undefined, undefined, undefined],
    ["inbound", undefined, undefined, undefined],
    ["PassthroughCluster", "outbound", undefined, undefined],
    ["BlackHoleCluster", undefined, undefined, undefined],
    ["InboundPassthroughCluster", "inbound", undefined, undefined],
    ["http_up", undefined, undefined, undefined],
    ["", undefined, undefined, undefined],
  ])("%s", (name, direction, host, subset) => {
    expect(parseClusterName(name)).toMatchObject({ direction, host, subset });
  });
});

/** What the name of an upstream cluster says, in Istio's spelling. */
export interface ClusterName {
  /** Which side reports, if the name tells. */
  readonly direction: "inbound" | "outbound" | undefined;
  /** Of `outbound|port|subset|host`. */
  readonly host: string | undefined;
  readonly subset: string | undefined;
  /** Name that stands for a service where Istio knows none: PassthroughCluster and the like. */
  readonly placeholder: string | undefined;
}

const unknown: ClusterName = { direction: undefined, host: undefined, subset: undefined, placeholder: undefined };
const inbound: ClusterName = { ...unknown, direction: "inbound" };

/** Istio's clusters for traffic to no service that it knows; the inbound one has had an IP version at its end. */
const placeholders: ReadonlyMap<string, ClusterName> = new Map([
  ["BlackHoleCluster", { ...unknown, placeholder: "BlackHoleCluster" }],
  ["PassthroughCluster", { ...unknown, direction: "outbound", placeholder: "PassthroughCluster" }],
  ...["", "Ipv4", "Ipv6"].map(
    (version) =>
      [`InboundPassthroughCluster${version}`, { ...inbound, placeholder: "InboundPassthroughCluster" }] as const,
  ),
]);

/** Reads the name of a cluster: `outbound|port|subset|host`, `inbound|port||`, one of Istio's own, or any other. */
export function parseClusterName(name: string): ClusterName {
  if (name.startsWith("inbound|")) return inbound;
  if (!name.startsWith("outbound|")) return placeholders.get(name) ?? unknown;
  const [, , subset, ...host] = name.split("|");
  return { ...unknown, direction: "outbound", host: host.join("|") || undefined, subset: subset || undefined };
}

/** What the name of an upstream cluster says, as Istio writes them. */
export interface ClusterName {
  /** Which side reports, if the name tells. */
  readonly direction: "inbound" | "outbound" | undefined;
  /** Of `outbound|port|subset|host`, and of a waypoint's `inbound-vip|port|protocol|host`. */
  readonly host: string | undefined;
  /** Of `outbound|port|subset|host`. */
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

/** Reads the name of a cluster: one of the forms above, `inbound|port||`, one of Istio's own, or any other. */
export function parseClusterName(name: string): ClusterName {
  if (name.startsWith("inbound|")) return inbound;
  const outbound = name.startsWith("outbound|");
  if (!outbound && !name.startsWith("inbound-vip|")) return placeholders.get(name) ?? unknown;
  const [, , third, ...rest] = name.split("|");
  const host = rest.join("|") || undefined;
  return outbound ? { ...unknown, direction: "outbound", host, subset: third || undefined } : { ...inbound, host };
}

import type { AccessLogEntry, ListenerTrust } from "../../schemas/model/access-log.ts";
import type { ClusterName } from "./cluster-name.ts";
import type { Reporter } from "./reporter.ts";

/** Filter state keys under which Istio's proxies log what they know of the other side. */
export const peerKeys = { inbound: "downstream_peer", outbound: "upstream_peer" } as const;

/**
 * Which side reports an entry: what its cluster says; else (Envoy leaves the cluster out of its own replies) the peer
 * object that is there; else, of a sidecar, whether the client connected to its own address; else the listener.
 */
export function isInbound(
  entry: AccessLogEntry,
  cluster: ClusterName | undefined,
  { istio }: Reporter,
  listener: ListenerTrust,
): boolean {
  if (cluster?.direction !== undefined) return cluster.direction === "inbound";
  if (entry.filterState(peerKeys.inbound) !== undefined) return true;
  if (entry.filterState(peerKeys.outbound) !== undefined) return false;
  if (istio?.type === "sidecar") {
    const ip = entry.downstreamLocalAddress?.ip;
    if (ip !== undefined && istio.addresses.has(ip)) return true;
  }
  return listener.reporter === "inbound";
}

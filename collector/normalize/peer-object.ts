import { type Struct, structAt, textAt, textMembers } from "./json.ts";
import { canonicalName, canonicalRevision, type Labels } from "./labels.ts";
import { type Peer, podUid, toPeer, workloadUid } from "./peer.ts";
import { parseSpiffeId, type SpiffeId } from "./spiffe.ts";

/** Reads the peer object that Istio's proxies keep in filter state (`upstream_peer`, `downstream_peer`; Istio 1.24 on). */
export function peerOfObject(object: Struct): Peer {
  const workload = textAt(object, "workload");
  const namespace = textAt(object, "namespace");
  const pod = textAt(object, "name");
  const labels = labelsOf(object);
  const revision = textAt(object, "revision") ?? canonicalRevision(labels);
  const identity = textAt(object, "identity");
  const id = identity === undefined ? undefined : parseSpiffeId(withScheme(identity));
  return toPeer({
    "workload.name": workload,
    "workload.namespace": namespace,
    "workload.uid": workloadUid(workload, namespace),
    name: pod,
    namespace,
    uid: podUid(pod, namespace),
    owner: ownerOf(textAt(object, "type"), workload, namespace),
    serviceAccount: id?.serviceAccount,
    labels,
    principal: id?.principal,
    "canonical.name": textAt(object, "service") ?? canonicalName(labels) ?? workload,
    "canonical.revision": revision,
    "cluster.id": textAt(object, "cluster"),
    version: labels?.get("version") || revision,
  });
}

/** What a certificate's SPIFFE id tells of the side that showed it. */
export function peerOfSpiffeId({ principal, namespace, serviceAccount }: SpiffeId): Peer {
  return toPeer({ principal, namespace, serviceAccount });
}

function withScheme(identity: string): string {
  return identity.includes("://") ? identity : `spiffe://${identity}`;
}

/** The labels, with `app` and `version` from the members that older proxies send instead. */
function labelsOf(object: Struct): Labels | undefined {
  const labels = textMembers(structAt(object, "labels")) ?? new Map<string, string>();
  for (const name of ["app", "version"]) {
    const value = textAt(object, name);
    if (value !== undefined && !labels.has(name)) labels.set(name, value);
  }
  return labels.size === 0 ? undefined : labels;
}

/** The owner in the form of node metadata, whose kinds are those of `type`. */
function ownerOf(kind: string | undefined, workload: string | undefined, namespace: string | undefined) {
  if (kind === undefined || workload === undefined || namespace === undefined) return undefined;
  return `kubernetes://apis/apps/v1/namespaces/${namespace}/${kind}s/${workload}`;
}

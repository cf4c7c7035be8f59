import type { SpanResource } from "../../../schemas/model/span.ts";
import { memoizeByObject, memoizeByText } from "../bounded-cache.ts";
import { type Peer, podUid, toPeer, workloadUid } from "../peer.ts";
import { type Reporter, toReporter } from "../reporter.ts";

/** Kinds of workloads, the outermost owner first, with the names of their kinds in an owner's path. */
const owners = [
  ["k8s.deployment.name", "deployments"],
  ["k8s.statefulset.name", "statefulsets"],
  ["k8s.daemonset.name", "daemonsets"],
  ["k8s.cronjob.name", "cronjobs"],
  ["k8s.job.name", "jobs"],
  ["k8s.replicaset.name", "replicasets"],
] as const;

const batchKinds: ReadonlySet<string> = new Set(["cronjobs", "jobs"]);
const labelPrefix = "k8s.pod.label.";
const MAX_REMEMBERED = 1024;

/** What a resource tells of the process that reports. */
export interface ResourceFacts {
  readonly self: Peer;
  /** The service by the resource's own words. */
  readonly service: string | undefined;
  readonly namespace: string | undefined;
  /** service.instance.id. */
  readonly instance: string | undefined;
}

/** Reads a resource, once for each object. */
export const createResourceReader = () => memoizeByObject<SpanResource, ResourceFacts>(toResourceFacts);

function toResourceFacts({ attributes }: SpanResource): ResourceFacts {
  const of = (name: string) => attributes.get(name) || undefined;
  const service = knownService(of("service.name"));
  const namespace = of("k8s.namespace.name") ?? of("service.namespace");
  const pod = of("k8s.pod.name");
  const owner = owners.find(([name]) => of(name) !== undefined);
  const workload = owner === undefined ? service : of(owner[0]);
  const version = of("service.version");
  const self = toPeer({
    "workload.name": workload,
    "workload.namespace": namespace,
    "workload.uid": workloadUid(workload, namespace),
    name: pod,
    namespace,
    uid: podUid(pod, namespace),
    owner: owner && namespace && ownerPath(owner[1], of(owner[0]), namespace),
    labels: labelsOf(attributes),
    "canonical.name": service,
    "canonical.revision": version,
    "cluster.id": of("k8s.cluster.name"),
    version,
  });
  return { self, service, namespace, instance: of("service.instance.id") };
}

/** SDKs that were not told a name say `unknown_service`, with the program's name behind. */
function knownService(name: string | undefined): string | undefined {
  return name === undefined || name === "unknown_service" || name.startsWith("unknown_service:") ? undefined : name;
}

function ownerPath(kind: string, name: string | undefined, namespace: string): string {
  return `kubernetes://apis/${batchKinds.has(kind) ? "batch" : "apps"}/v1/namespaces/${namespace}/${kind}/${name}`;
}

function labelsOf(attributes: ReadonlyMap<string, string>): ReadonlyMap<string, string> | undefined {
  const labels = new Map<string, string>();
  for (const [name, value] of attributes) {
    if (name.startsWith(labelPrefix)) labels.set(name.slice(labelPrefix.length), value);
  }
  return labels.size === 0 ? undefined : labels;
}

/** What a proxy's tags tell of it: `node_id` and Istio's four. */
export interface NodeTags {
  readonly id: string | undefined;
  readonly canonicalService: string | undefined;
  readonly canonicalRevision: string | undefined;
  readonly namespace: string | undefined;
  readonly clusterId: string | undefined;
}

/** Makes the reporter of a proxy by its tags, the same object for the same tags as far as a bounded cache goes. */
export function createNodeReader(): (tags: NodeTags) => Reporter {
  const read = memoizeByText(MAX_REMEMBERED, (key) => toNodeReporter(JSON.parse(key)));
  return ({ id, canonicalService, canonicalRevision, namespace, clusterId }) =>
    read(JSON.stringify([id, canonicalService, canonicalRevision, namespace, clusterId]));
}

function toNodeReporter([id, name, revision, namespace, clusterId]: readonly (string | null)[]): Reporter {
  const labels = {
    ...(name && { "service.istio.io/canonical-name": name }),
    ...(revision && { "service.istio.io/canonical-revision": revision }),
  };
  const metadata = {
    ...(namespace && { NAMESPACE: namespace }),
    ...(clusterId && { CLUSTER_ID: clusterId }),
    LABELS: labels,
  };
  const node = { id: id ?? "", cluster: "", metadata, locality: undefined };
  const reporter = toReporter({ ...node, userAgentName: undefined, userAgentVersion: undefined });
  if (reporter.istio === undefined)
    return { ...reporter, self: taggedPeer(reporter.uid, name, revision, namespace, clusterId) };
  return { ...reporter, self: reporter.self.map((value) => (value instanceof Map ? undefined : value)) };
}

/** A proxy by its tags alone: its spans of single attempts do not name the node. */
function taggedPeer(uid: string, ...tags: readonly (string | null | undefined)[]): Peer {
  const [name, revision, namespace, clusterId] = tags.map((tag) => tag ?? undefined);
  return toPeer({
    uid: uid || undefined,
    namespace,
    "workload.namespace": namespace,
    "canonical.name": name,
    "canonical.revision": revision,
    "cluster.id": clusterId,
    version: revision,
  });
}

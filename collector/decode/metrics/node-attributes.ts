import type { EnvoyNode, Json } from "../../../schemas/model/access-log.ts";

/** Labels of Istio that name a workload's service, and its revision, in the order that Istio looks. */
const nameLabels = ["service.istio.io/canonical-name", "app.kubernetes.io/name", "app"];
const revisionLabels = ["service.istio.io/canonical-revision", "app.kubernetes.io/version", "version"];

/** Kinds of owners in the path that Istio writes, with the attributes of OpenTelemetry for their names. */
const owners: Readonly<Record<string, string>> = {
  deployments: "k8s.deployment.name",
  statefulsets: "k8s.statefulset.name",
  daemonsets: "k8s.daemonset.name",
  cronjobs: "k8s.cronjob.name",
  jobs: "k8s.job.name",
  replicasets: "k8s.replicaset.name",
};

/**
 * What a proxy's node says, as attributes of a resource by OpenTelemetry's conventions: the node's id is the instance, and its cluster
 * the service, unless Istio's metadata tell the workload.
 */
export function nodeAttributes(node: EnvoyNode): ReadonlyMap<string, string> {
  const { metadata, locality } = node;
  const labels = structAt(metadata, "LABELS");
  const namespace = textAt(metadata, "NAMESPACE");
  const first = (names: readonly string[]) => names.map((name) => textAt(labels, name)).find((text) => text !== "");
  const [, kind = "", owner = ""] = /\/([a-z]+)\/([^/]+)$/.exec(textAt(metadata, "OWNER")) ?? [];
  const pairs: readonly (readonly [string | undefined, string | undefined])[] = [
    ["service.name", first(nameLabels) || textAt(metadata, "WORKLOAD_NAME") || node.cluster],
    ["service.namespace", namespace],
    ["service.instance.id", node.id],
    ["service.version", first(revisionLabels)],
    ["envoy.node.cluster", node.cluster],
    ["k8s.namespace.name", namespace],
    ["k8s.pod.name", textAt(metadata, "NAME")],
    ["k8s.cluster.name", textAt(metadata, "CLUSTER_ID")],
    [owners[kind], owner],
    ["cloud.region", locality?.region],
    ["cloud.availability_zone", locality?.zone],
  ];
  return new Map(pairs.filter((pair): pair is [string, string] => pair[0] !== undefined && (pair[1] ?? "") !== ""));
}

type Struct = { readonly [key: string]: Json };

function structAt(struct: Struct, key: string): Struct {
  const value = Object.hasOwn(struct, key) ? struct[key] : undefined;
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Struct) : {};
}

/** Empty where there is no text. */
function textAt(struct: Struct, key: string): string {
  const value = Object.hasOwn(struct, key) ? struct[key] : undefined;
  return typeof value === "string" ? value : "";
}

import type { EnvoyNode } from "../../schemas/model/access-log.ts";
import { parseIp } from "../../schemas/model/ip.ts";
import { structAt, textAt, textMembers } from "./json.ts";
import { canonicalName, canonicalRevision } from "./labels.ts";
import { type Peer, podUid, toPeer, workloadUid } from "./peer.ts";

/** What a node id of Istio's form tells: `<type>~<ip>~<pod>.<namespace>~<namespace>.svc.<domain>`. */
export interface IstioNodeId {
  /** sidecar, router, waypoint, ... */
  readonly type: string;
  readonly ip: string | undefined;
  readonly pod: string;
  readonly namespace: string | undefined;
  readonly domain: string;
}

/** The proxy that reports: its own side of every request, and what names of services are completed with. */
export interface Reporter {
  readonly uid: string;
  readonly version: string | undefined;
  /** Its own side; the principal is missing, which its certificate gives. */
  readonly self: Peer;
  /** What only Istio's nodes tell; undefined for a plain Envoy. */
  readonly istio: IstioReporter | undefined;
}

/** What is known of a node of Istio beside its own side. */
export interface IstioReporter {
  readonly type: string;
  readonly addresses: ReadonlySet<string>;
  readonly namespace: string | undefined;
  readonly domain: string;
  readonly canonicalName: string | undefined;
}

const DEFAULT_DOMAIN = "cluster.local";

/** Takes a node id of Istio's form apart; undefined for any other text. A pod's name may hold dots, a namespace cannot. */
export function parseIstioNodeId(id: string): IstioNodeId | undefined {
  const parts = id.split("~");
  if (parts.length !== 4) return undefined;
  const [type = "", ip = "", workload = "", dns = ""] = parts;
  if (type === "" || workload === "") return undefined;
  const dot = workload.lastIndexOf(".");
  const svc = dns.indexOf(".svc.");
  return {
    type,
    ip: parseIp(ip),
    pod: dot < 0 ? workload : workload.slice(0, dot),
    namespace: dot < 0 ? undefined : workload.slice(dot + 1) || undefined,
    domain: (svc < 0 ? "" : dns.slice(svc + ".svc.".length)) || DEFAULT_DOMAIN,
  };
}

/** Reads a node, once for each stream. */
export function toReporter(node: EnvoyNode): Reporter {
  const id = parseIstioNodeId(node.id);
  return id === undefined ? toPlainReporter(node) : toIstioReporter(node, id);
}

function toPlainReporter(node: EnvoyNode): Reporter {
  const self = toPeer({ "workload.name": node.cluster || undefined, uid: node.id || undefined });
  return { uid: node.id, version: node.userAgentVersion, self, istio: undefined };
}

function toIstioReporter({ metadata, userAgentVersion }: EnvoyNode, id: IstioNodeId): Reporter {
  const workload = textAt(metadata, "WORKLOAD_NAME");
  const namespace = textAt(metadata, "NAMESPACE") ?? id.namespace;
  const pod = textAt(metadata, "NAME") ?? id.pod;
  const labels = textMembers(structAt(metadata, "LABELS"));
  const name = canonicalName(labels) ?? workload;
  const revision = canonicalRevision(labels);
  const uid = podUid(pod, namespace);
  const self = toPeer({
    "workload.name": workload,
    "workload.namespace": namespace,
    "workload.uid": workloadUid(workload, namespace),
    name: pod,
    namespace,
    uid,
    owner: textAt(metadata, "OWNER"),
    serviceAccount: textAt(metadata, "SERVICE_ACCOUNT"),
    labels,
    "canonical.name": name,
    "canonical.revision": revision,
    "cluster.id": textAt(metadata, "CLUSTER_ID"),
    version: labels?.get("version") || revision,
  });
  const addresses = new Set([
    ...(id.ip === undefined ? [] : [id.ip]),
    ...instanceIps(textAt(metadata, "INSTANCE_IPS")),
  ]);
  return {
    uid: uid ?? `kubernetes://${pod}`,
    version: textAt(metadata, "ISTIO_VERSION") ?? userAgentVersion,
    self,
    istio: { type: id.type, addresses, namespace, domain: id.domain, canonicalName: name },
  };
}

/** All addresses of the pod; the node id holds only the first. */
function instanceIps(text: string | undefined): string[] {
  return (text ?? "").split(",").flatMap((ip) => parseIp(ip.trim()) ?? []);
}

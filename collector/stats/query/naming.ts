import { dimension, peerPart, type SeriesKey } from "../dimensions.ts";
import type { NodeLevel } from "./query.ts";

/** A node of the graph. */
export interface NodeName {
  readonly id: string;
  readonly name: string;
  readonly namespace: string | null;
  /** At level version. */
  readonly version?: string | null;
}

type Side = "source" | "destination";

/** Stands for a name that nobody told. */
export const unknown = "unknown";

/** Who is at one side of a series, at a level of the graph. */
export function nodeOf(key: SeriesKey, side: Side, level: NodeLevel): NodeName {
  switch (level) {
    case "service":
      return serviceNode(key, side);
    case "workload":
      return workloadNode(key, side);
    case "version":
      return versionNode(key, side);
    case "namespace":
      return plainNode(namespaceOf(key, side) ?? unknown, namespaceOf(key, side));
    case "cluster":
      return plainNode(peer(key, side, "cluster") ?? unknown);
  }
}

/** The destination service of a series: what decides whose entries count. */
export const serviceIdOf = (key: SeriesKey): string => serviceNode(key, "destination").id;

const peer = ({ texts }: SeriesKey, side: Side, part: keyof typeof peerPart): string | undefined =>
  texts[dimension[side] + peerPart[part]];

const serviceName = ({ texts }: SeriesKey): string | undefined => texts[dimension.service] ?? texts[dimension.host];

const namespaceOf = (key: SeriesKey, side: Side): string | undefined =>
  side === "source"
    ? peer(key, side, "namespace")
    : (peer(key, side, "namespace") ?? key.texts[dimension.serviceNamespace]);

/** A destination is its service, else canonical name, else workload; a source its canonical name, else workload. */
function serviceNode(key: SeriesKey, side: Side): NodeName {
  const service = side === "destination" ? serviceName(key) : undefined;
  if (service !== undefined) return node(service, key.texts[dimension.serviceNamespace]);
  return node(peer(key, side, "canonicalName") ?? peer(key, side, "workload") ?? unknown, peer(key, side, "namespace"));
}

function workloadNode(key: SeriesKey, side: Side): NodeName {
  const workload = peer(key, side, "workload");
  return workload === undefined ? serviceNode(key, side) : node(workload, peer(key, side, "namespace"));
}

function versionNode(key: SeriesKey, side: Side): NodeName {
  const canonical = peer(key, side, "canonicalName");
  const { name, namespace } =
    canonical === undefined ? workloadNode(key, side) : node(canonical, peer(key, side, "namespace"));
  const version = peer(key, side, "revision");
  return { id: toId(namespace, name, version), name, namespace, version: version ?? null };
}

const node = (name: string, namespace?: string): NodeName => ({
  id: toId(namespace, name),
  name,
  namespace: namespace ?? null,
});

/** A node that is its own name. */
const plainNode = (name: string, namespace?: string): NodeName => ({ ...node(name, namespace), id: toId(name) });

/** Parts joined by a slash, each percent-encoded. */
const toId = (...parts: readonly (string | null | undefined)[]): string =>
  parts.map((part) => encodePart(part ?? "")).join("/");

/** encodeURIComponent refuses lone surrogates, which traffic may hold. */
const encodePart = (part: string): string => (/^[\w.-]*$/.test(part) ? part : encodeURIComponent(part.toWellFormed()));

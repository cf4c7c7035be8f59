import { type RawSpan, type SpanResource, spanKeyNumber, spanKind } from "../../schemas/model/span.ts";

/** What tells how a span stands to the spans around it. */
export interface SpanFacts {
  /** CLIENT or PRODUCER: it waits for the span of the one who is called. SERVER and CONSUMER wait for that of the caller. */
  readonly isExit: boolean;
  /** PRODUCER or CONSUMER. */
  readonly isMessage: boolean;
  /** Made by a proxy. */
  readonly isProxy: boolean;
  /** A proxy of Istio that stands alone, beside no workload. */
  readonly isGateway: boolean;
  /** Which way a proxy of Istio passes the request on: to its own workload, or to another one. */
  readonly direction: "inbound" | "outbound" | undefined;
  readonly hasFailed: boolean;
  /** service.name. */
  readonly service: string | undefined;
  /** Name and namespace of the workload, as far as the span tells. */
  readonly name: string | undefined;
  readonly namespace: string | undefined;
}

/** What a resource tells. */
interface ResourceNames {
  readonly service: string | undefined;
  readonly namespace: string | undefined;
}

const keys = {
  component: spanKeyNumber("component"),
  node: spanKeyNumber("node_id"),
  clusterName: spanKeyNumber("upstream_cluster.name"),
  cluster: spanKeyNumber("upstream_cluster"),
  service: spanKeyNumber("istio.canonical_service"),
  namespace: spanKeyNumber("istio.namespace"),
} as const;
const error = 2;

/** Reads the facts of spans; undefined for work within a process, which is no side of a call. */
export function createFactsReader(): (span: RawSpan) => SpanFacts | undefined {
  const known = new WeakMap<SpanResource, ResourceNames>();
  return (span) => {
    const { kind, resource } = span;
    if (kind < spanKind.server || kind > spanKind.consumer) return undefined;
    const names = known.get(resource) ?? readResource(resource);
    known.set(resource, names);
    const isProxy = span.value(keys.component) === "proxy";
    return {
      isExit: kind === spanKind.client || kind === spanKind.producer,
      isMessage: kind === spanKind.producer || kind === spanKind.consumer,
      isProxy,
      isGateway: isProxy && (text(span, keys.node)?.startsWith("router~") ?? false),
      direction: isProxy ? directionOf(text(span, keys.clusterName) ?? text(span, keys.cluster)) : undefined,
      hasFailed: span.statusCode === error,
      service: names.service,
      name: (isProxy ? text(span, keys.service) : undefined) ?? names.service,
      namespace: (isProxy ? text(span, keys.namespace) : undefined) ?? names.namespace,
    };
  };
}

/** SDKs that were not told a name say `unknown_service`, with the program's name behind: better than none. */
function readResource({ attributes }: SpanResource): ResourceNames {
  const of = (name: string) => attributes.get(name) || undefined;
  return { service: of("service.name"), namespace: of("k8s.namespace.name") ?? of("service.namespace") };
}

function directionOf(cluster: string | undefined): SpanFacts["direction"] {
  if (cluster?.startsWith("inbound|") || cluster?.startsWith("InboundPassthroughCluster")) return "inbound";
  return cluster?.startsWith("outbound|") || cluster === "PassthroughCluster" ? "outbound" : undefined;
}

function text(span: RawSpan, key: number): string | undefined {
  const value = span.value(key);
  return typeof value === "string" && value !== "" && value !== "-" ? value : undefined;
}

import type { FindDecision, JoinedDecision } from "../../../schemas/model/decision.ts";
import { type RawSpan, type SpanKey, spanKeyNumber, spanKind } from "../../../schemas/model/span.ts";
import type { Value } from "../../../schemas/model/value.ts";
import { memoizeByObject, memoizeByText } from "../bounded-cache.ts";
import type { ClusterName } from "../cluster-name.ts";
import { parseClusterName } from "../cluster-name.ts";
import type { EnrichTables } from "../enrich.ts";
import { type Peer, peerFieldNumber, toPeer } from "../peer.ts";
import { urlPathOf } from "../query-params.ts";
import type { Reporter } from "../reporter.ts";
import type { RouteTemplates } from "../route-templates.ts";
import { createServiceNamer, type Service } from "../service.ts";
import { createNodeReader, createResourceReader, type ResourceFacts } from "./own-side.ts";
import { TracedRequest } from "./traced-request.ts";
import { type HostPort, parseHostPort, splitUrl, toText, type UrlParts } from "./values.ts";

const MAX_REMEMBERED = 1024;
const workloadNameField = peerFieldNumber("workload.name");
const canonicalNameField = peerFieldNumber("canonical.name");

const keys = (...names: readonly SpanKey[]) => names.map(spanKeyNumber);
const urlKeys = keys("url.full", "http.url");
const hostKeys = keys("server.address", "http.host");
const urlPathKey = spanKeyNumber("url.path");
const urlQueryKey = spanKeyNumber("url.query");
const targetKeys = keys("http.target");
const grpcPathKeys = keys("grpc.path");
const authorityKeys = keys("grpc.authority");
const clusterKeys = keys("upstream_cluster.name", "upstream_cluster");
const flagsKeys = keys("response_flags");
const componentKeys = keys("component");
const calleeKeys = keys("service.peer.name", "peer.service");
const callerKeys = keys("downstream_cluster");
const rpcKeys = keys("rpc.system.name", "rpc.system");
const grpcKeys = keys("grpc.status_code", "rpc.grpc.status_code", "grpc.path", "grpc.content_type");
const httpKeys = keys(
  ...(["http.request.method", "http.method", "http.response.status_code", "http.status_code"] as const),
  ...(["http.protocol", "http.url", "http.route"] as const),
);
const upstreamKeys = keys("network.peer.address", "upstream_address", "net.sock.peer.addr", "net.peer.ip");
const downstreamKeys = keys("network.peer.address", "peer.address", "net.sock.peer.addr", "net.peer.ip");
const envoyPeerKeys = keys("peer.address");
const upstreamAddressKeys = keys("upstream_address");
const nodeKeys = {
  id: spanKeyNumber("node_id"),
  canonicalService: spanKeyNumber("istio.canonical_service"),
  canonicalRevision: spanKeyNumber("istio.canonical_revision"),
  namespace: spanKeyNumber("istio.namespace"),
  clusterId: spanKeyNumber("istio.cluster_id"),
} as const;

/** What spans are seen with. */
export interface SpanSurroundings {
  readonly enrich: EnrichTables;
  readonly routes: RouteTemplates;
  /** Finds the hub's own decision on a request; none is known if absent. */
  readonly findDecision?: FindDecision;
}

const noAddress: HostPort = { ip: undefined, port: undefined };
const noUrl: UrlParts = { scheme: undefined, authority: undefined, path: undefined };

/** One span in the light of its resource: what several attributes are made of, each worked out on first demand. One scene serves all spans. */
export class SpanScene {
  readonly routes: RouteTemplates;
  readonly #enrich: EnrichTables;
  readonly #findDecision: FindDecision;
  readonly #asked = new TracedRequest(this);
  readonly #readResource = createResourceReader();
  readonly #readNode = createNodeReader();
  readonly #namerOf = memoizeByObject(createServiceNamer);
  readonly #clusterNames = memoizeByText(MAX_REMEMBERED, parseClusterName);
  readonly #addresses = memoizeByText(MAX_REMEMBERED, parseHostPort);
  readonly #named = memoizeByText(MAX_REMEMBERED, (name) => toPeer({ "workload.name": name }));

  span!: RawSpan;
  #side: "inbound" | "outbound" | null | undefined;
  #resource: ResourceFacts | undefined;
  #node: Reporter | undefined;
  #protocol: string | null | undefined;
  #url: UrlParts | undefined;
  #path: string | null | undefined;
  #service: Service | undefined;
  #peerAddress: HostPort | undefined;
  #decision: JoinedDecision | null | undefined;

  constructor({ enrich, routes, findDecision = () => undefined }: SpanSurroundings) {
    this.routes = routes;
    this.#enrich = enrich;
    this.#findDecision = findDecision;
  }

  /** Turns to the next span. */
  begin(span: RawSpan): void {
    this.span = span;
    this.#side = undefined;
    this.#resource = undefined;
    this.#node = undefined;
    this.#protocol = undefined;
    this.#url = undefined;
    this.#path = undefined;
    this.#service = undefined;
    this.#peerAddress = undefined;
    this.#decision = undefined;
  }

  /** The text of the first of these attributes that is there; a dash and empty text are not. */
  text(numbers: readonly number[]): string | undefined {
    for (let i = 0; i < numbers.length; i++) {
      const text = toText(this.span.value(numbers[i] as number));
      if (text !== undefined) return text;
    }
    return undefined;
  }

  /** inbound or outbound; undefined for work within a process, and for a sidecar's way to its own workload. */
  get side(): "inbound" | "outbound" | undefined {
    if (this.#side === undefined) this.#side = this.#findSide() ?? null;
    return this.#side ?? undefined;
  }

  /** By the kind; but a proxy's span of what it passes on to another workload is of kind SERVER, too, and only the cluster tells. */
  #findSide(): "inbound" | "outbound" | undefined {
    const { kind } = this.span;
    const direction = this.clusterName?.direction;
    if (kind === spanKind.server || kind === spanKind.consumer) return direction ?? "inbound";
    const isClient = kind === spanKind.client || kind === spanKind.producer;
    return isClient && direction !== "inbound" ? "outbound" : undefined;
  }

  get inbound(): boolean {
    return this.side === "inbound";
  }

  get resource(): ResourceFacts {
    this.#resource ??= this.#readResource(this.span.resource);
    return this.#resource;
  }

  /** The proxy by its tags. */
  get node(): Reporter {
    this.#node ??= this.#readNode({
      id: toText(this.span.value(nodeKeys.id)),
      canonicalService: toText(this.span.value(nodeKeys.canonicalService)),
      canonicalRevision: toText(this.span.value(nodeKeys.canonicalRevision)),
      namespace: toText(this.span.value(nodeKeys.namespace)),
      clusterId: toText(this.span.value(nodeKeys.clusterId)),
    });
    return this.#node;
  }

  get protocol(): string | undefined {
    this.#protocol ??= this.#findProtocol() ?? null;
    return this.#protocol ?? undefined;
  }

  #findProtocol(): string | undefined {
    const rpc = this.text(rpcKeys);
    if (rpc === "grpc" || rpc === "connect_rpc" || this.text(grpcKeys) !== undefined) return "grpc";
    return this.text(httpKeys) === undefined ? undefined : "http";
  }

  get url(): UrlParts {
    if (this.#url === undefined) {
      const url = this.text(urlKeys);
      this.#url = url === undefined ? noUrl : splitUrl(url);
    }
    return this.#url;
  }

  /** What the client asked for: host, with a port where the span has one in it. */
  get authority(): string | undefined {
    return this.text(hostKeys) ?? this.url.authority ?? this.text(authorityKeys);
  }

  /** With query. */
  get path(): string | undefined {
    this.#path ??= this.#findPath() ?? null;
    return this.#path ?? undefined;
  }

  #findPath(): string | undefined {
    const path = toText(this.span.value(urlPathKey));
    if (path === undefined) return this.text(targetKeys) ?? this.url.path ?? this.text(grpcPathKeys);
    const query = toText(this.span.value(urlQueryKey));
    return query === undefined || path.includes("?") ? path : `${path}?${query}`;
  }

  get urlPath(): string | undefined {
    return this.path === undefined ? undefined : urlPathOf(this.path);
  }

  get cluster(): string | undefined {
    return this.text(clusterKeys);
  }

  get clusterName(): ClusterName | undefined {
    const { cluster } = this;
    return cluster === undefined ? undefined : this.#clusterNames(cluster);
  }

  get flags(): string | undefined {
    return this.text(flagsKeys);
  }

  /** The service that is called, named as access logs name it; what is no proxy knows its own service, and may know the one it calls. */
  get service(): Service {
    this.#service ??= this.#findService();
    return this.#service;
  }

  #findService(): Service {
    const name = this.#namerOf(this.node);
    const service = name(this.inbound, this.cluster, this.clusterName, this.authority, this.flags);
    if (service.name !== undefined || this.side === undefined || this.text(componentKeys) === "proxy") return service;
    const { resource } = this;
    if (this.inbound) return { ...service, name: resource.service, namespace: resource.namespace };
    return { ...service, name: this.text(calleeKeys) };
  }

  /** The hub's own decision on the request. */
  get decision(): JoinedDecision | undefined {
    this.#decision ??= this.#findDecision(this.#asked) ?? null;
    return this.#decision ?? undefined;
  }

  /** Address of the other end of the connection. */
  get peerAddress(): HostPort {
    if (this.#peerAddress === undefined) {
      const text = this.text(this.inbound ? downstreamKeys : upstreamKeys);
      this.#peerAddress = text === undefined ? noAddress : this.#addresses(text);
    }
    return this.#peerAddress;
  }

  /** Address of the client of a proxy that reports what goes out: its `peer.address` is that of the client, except on spans of single attempts. */
  get clientAddress(): HostPort {
    const text = this.text(upstreamAddressKeys) === undefined ? this.text(envoyPeerKeys) : undefined;
    return text === undefined ? noAddress : this.#addresses(text);
  }

  /** A value of the side that reports. Of a workload of Istio only Kubernetes' own attributes tell the name. */
  own(field: number): Value | undefined {
    const { node, resource } = this;
    const value = node.self[field];
    if (value !== undefined) return value;
    const isIstio = node.istio !== undefined || node.self[canonicalNameField] !== undefined;
    if (field === workloadNameField && isIstio && resource.self[field] === resource.service) return undefined;
    return resource.self[field];
  }

  /** A value of the other side: what the span says of it, else what the tables say of its address. */
  other(field: number): Value | undefined {
    const name = this.inbound ? callerKeys : calleeKeys;
    if (field === workloadNameField || (field === canonicalNameField && !this.inbound)) {
      const text = this.text(name);
      if (text !== undefined) return this.#named(text)[workloadNameField];
    }
    const { ip } = this.peerAddress;
    if (this.#enrich.empty || ip === undefined) return undefined;
    return (this.#enrich.byAddress(ip) as Peer | undefined)?.[field];
  }
}

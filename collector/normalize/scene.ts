import type { AccessLogEntry, StreamOrigin } from "../../schemas/model/access-log.ts";
import type { FindDecision, JoinedDecision } from "../../schemas/model/decision.ts";
import type { Value } from "../../schemas/model/value.ts";
import { type Claims, findPayload, jwtFilter } from "./claims.ts";
import type { ClusterName } from "./cluster-name.ts";
import type { ConnectionGrowth, ConnectionTable } from "./connection-table.ts";
import { isInbound } from "./direction.ts";
import type { EnrichTables } from "./enrich.ts";
import { type EntryEvent, eventOf } from "./event.ts";
import { LoggedRequest } from "./join-decision.ts";
import type { Memos } from "./memos.ts";
import { OtherSide } from "./other-side.ts";
import { peerFieldNumber } from "./peer.ts";
import { protocolOf } from "./protocol.ts";
import { urlPathOf } from "./query-params.ts";
import { type Reporter, toReporter } from "./reporter.ts";
import type { RouteTemplates } from "./route-templates.ts";
import { createServiceNamer, type Service, type ServiceNamer } from "./service.ts";
import { noTls, type TlsFacts } from "./tls-facts.ts";
import { parseTraceContext, type TraceContext } from "./trace-context.ts";

/** What normalization is given beside the entries. */
export interface Surroundings {
  readonly enrich: EnrichTables;
  readonly routes: RouteTemplates;
  readonly connections: ConnectionTable;
  readonly memos: Memos;
  readonly findDecision: FindDecision;
}

const principalField = peerFieldNumber("principal");

/**
 * One entry seen in the light of its stream: what several attributes are made of, each worked out on first demand.
 * One scene serves all entries of a stream, one after the other.
 */
export class Scene {
  readonly origin: StreamOrigin;
  readonly reporter: Reporter;
  readonly routes: RouteTemplates;
  readonly #connections: ConnectionTable;
  readonly #memos: Memos;
  readonly #nameService: ServiceNamer;
  readonly #connectionPrefix: string;
  readonly #otherSide: OtherSide;
  readonly #findDecision: FindDecision;
  readonly #asked = new LoggedRequest(this);

  entry!: AccessLogEntry;
  #inbound: boolean | undefined;
  #tls: TlsFacts | undefined;
  #service: Service | undefined;
  #otherKnown = false;
  #protocol: string | undefined;
  #path: string | undefined;
  #urlPath: string | undefined;
  #event: EntryEvent | undefined;
  #growth: ConnectionGrowth | undefined;
  #trace: TraceContext | null | undefined;
  #claims: Claims | null | undefined;
  #decision: JoinedDecision | null | undefined;

  constructor(origin: StreamOrigin, { enrich, routes, connections, memos, findDecision }: Surroundings) {
    this.origin = origin;
    this.reporter = toReporter(origin.identifier.node);
    this.routes = routes;
    this.#connections = connections;
    this.#memos = memos;
    this.#findDecision = findDecision;
    this.#otherSide = new OtherSide(origin.listener, memos, enrich);
    this.#nameService = createServiceNamer(this.reporter);
    this.#connectionPrefix = `${origin.identifier.node.id}\n`;
  }

  /** Turns to the next entry. */
  begin(entry: AccessLogEntry): void {
    this.entry = entry;
    this.#inbound = undefined;
    this.#tls = undefined;
    this.#service = undefined;
    this.#otherKnown = false;
    this.#protocol = undefined;
    this.#path = undefined;
    this.#urlPath = undefined;
    this.#event = undefined;
    this.#growth = undefined;
    this.#trace = undefined;
    this.#claims = undefined;
    this.#decision = undefined;
  }

  get event(): EntryEvent | undefined {
    this.#event ??= eventOf(this.entry);
    return this.#event;
  }

  get inbound(): boolean {
    this.#inbound ??= isInbound(this.entry, this.#clusterName, this.reporter, this.origin.listener);
    return this.#inbound;
  }

  get #clusterName(): ClusterName | undefined {
    const { upstreamCluster } = this.entry;
    return upstreamCluster === undefined ? undefined : this.#memos.cluster(upstreamCluster);
  }

  get subset(): string | undefined {
    return this.#clusterName?.subset;
  }

  get tls(): TlsFacts {
    if (this.#tls === undefined) {
      const { tls } = this.entry;
      this.#tls = tls === undefined ? noTls : this.#memos.tls(tls);
    }
    return this.#tls;
  }

  get service(): Service {
    if (this.#service === undefined) {
      const { authority, responseFlags, upstreamCluster } = this.entry;
      this.#service = this.#nameService(this.inbound, upstreamCluster, this.#clusterName, authority, responseFlags);
    }
    return this.#service;
  }

  get protocol(): string {
    this.#protocol ??= protocolOf(this.entry);
    return this.#protocol;
  }

  /** With query; undefined where the entry has none. */
  get path(): string | undefined {
    if (this.#path === undefined) this.#path = this.entry.originalPath || this.entry.path || undefined;
    return this.#path;
  }

  get urlPath(): string | undefined {
    if (this.#urlPath === undefined && this.path !== undefined) this.#urlPath = urlPathOf(this.path);
    return this.#urlPath;
  }

  get trace(): TraceContext | undefined {
    if (this.#trace === undefined) {
      const { requestHeaders, trace } = this.entry;
      this.#trace = (requestHeaders && parseTraceContext(requestHeaders)) ?? trace ?? null;
    }
    return this.#trace ?? undefined;
  }

  get claims(): Claims | undefined {
    if (this.#claims === undefined) {
      const metadata = this.entry.filterMetadata(jwtFilter);
      const payload = metadata && findPayload(metadata);
      this.#claims = payload ? this.#memos.claims(payload) : null;
    }
    return this.#claims ?? undefined;
  }

  /** The hub's own decision on the request. */
  get decision(): JoinedDecision | undefined {
    this.#decision ??= this.#asked.decision(this.#findDecision) ?? null;
    return this.#decision ?? undefined;
  }

  /** What this TCP entry adds to its connection. Notes the entry, so it is asked for once for each entry at least. */
  get growth(): ConnectionGrowth {
    this.#growth ??= this.#grow();
    return this.#growth;
  }

  #grow(): ConnectionGrowth {
    const { streamId, receivedBytes, sentBytes } = this.entry;
    const ended = this.event === "end";
    if (streamId !== undefined)
      return this.#connections.note(this.#connectionPrefix + streamId, ended, receivedBytes, sentBytes);
    return { opened: ended, again: false, received: receivedBytes, sent: sentBytes };
  }

  /** A value of the side that reports. */
  own(field: number): Value | undefined {
    return field === principalField ? this.tls.localPrincipal : this.reporter.self[field];
  }

  /** A value of the other side, from the first that has it. */
  other(field: number): Value | undefined {
    if (!this.#otherKnown) {
      this.#otherSide.gather(this.entry, this.inbound, this.tls.peer);
      this.#otherKnown = true;
    }
    return this.#otherSide.value(field);
  }
}

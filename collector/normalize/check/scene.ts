import type { ProxiedCheck } from "../../../schemas/model/check-request.ts";
import type { Value } from "../../../schemas/model/value.ts";
import { memoizeByText } from "../bounded-cache.ts";
import { type Claims, findPayload, jwtFilter, toClaims } from "../claims.ts";
import type { EnrichTables } from "../enrich.ts";
import { type Peer, peerFieldNumber, toPeer } from "../peer.ts";
import { peerOfSpiffeId } from "../peer-object.ts";
import { isGrpcType } from "../protocol.ts";
import { urlPathOf } from "../query-params.ts";
import type { RouteTemplates } from "../route-templates.ts";
import { parseSpiffeId } from "../spiffe.ts";
import { parseTraceContext, type TraceContext } from "../trace-context.ts";
import { clientAddress } from "./client-address.ts";

const MAX_REMEMBERED = 1024;
const principalField = peerFieldNumber("principal");

/** What requests are seen with. */
export interface CheckSurroundings {
  readonly enrich: EnrichTables;
  readonly routes: RouteTemplates;
}

/** One request that a proxy asks about: what several attributes are made of, each worked out on first demand. One scene serves all requests. */
export class CheckScene {
  /** Whom the request comes from is what enrichment tells. */
  readonly inbound = true;
  readonly routes: RouteTemplates;
  readonly #enrich: EnrichTables;
  readonly #certified = memoizeByText(MAX_REMEMBERED, peerOfPrincipal);
  readonly #named = memoizeByText(MAX_REMEMBERED, (name) => toPeer({ "workload.name": name }));

  check!: ProxiedCheck;
  #path: string | null | undefined;
  #claims: Claims | null | undefined;
  #trace: TraceContext | null | undefined;
  #protocol: string | undefined;
  #source: readonly Peer[] | undefined;
  #sourceIp: string | null | undefined;

  constructor({ enrich, routes }: CheckSurroundings) {
    this.#enrich = enrich;
    this.routes = routes;
  }

  /** Turns to the next request. */
  begin(check: ProxiedCheck): void {
    this.check = check;
    this.#path = undefined;
    this.#claims = undefined;
    this.#trace = undefined;
    this.#protocol = undefined;
    this.#source = undefined;
    this.#sourceIp = undefined;
  }

  header(name: string): string | undefined {
    return this.check.header(name) || undefined;
  }

  get protocol(): string {
    if (this.#protocol === undefined) {
      const http = isGrpcType(this.check.header("content-type")) ? "grpc" : "http";
      this.#protocol = this.check.isHttp ? http : "tcp";
    }
    return this.#protocol;
  }

  /** With query. */
  get path(): string | undefined {
    if (this.#path === undefined) this.#path = this.check.path ?? null;
    return this.#path ?? undefined;
  }

  get urlPath(): string | undefined {
    return this.path === undefined ? undefined : urlPathOf(this.path);
  }

  get trace(): TraceContext | undefined {
    if (this.#trace === undefined) {
      const { check } = this;
      this.#trace = parseTraceContext({ get: (name) => check.header(name) }) ?? null;
    }
    return this.#trace ?? undefined;
  }

  get claims(): Claims | undefined {
    if (this.#claims === undefined) {
      const metadata = this.check.filterMetadata(jwtFilter);
      const payload = metadata && findPayload(metadata);
      this.#claims = payload ? toClaims(payload) : null;
    }
    return this.#claims ?? undefined;
  }

  get sourceIp(): string | undefined {
    if (this.#sourceIp === undefined) this.#sourceIp = this.check.sourceIp ?? null;
    return this.#sourceIp ?? undefined;
  }

  /** Where the request began. */
  get clientIp(): string | undefined {
    const { trustedHops } = this.check.listener;
    const forwarded = trustedHops > 0 ? clientAddress(this.header("x-forwarded-for"), trustedHops) : undefined;
    return forwarded ?? this.sourceIp;
  }

  /** A value of the caller, from the first that has it: its certificate, its own word, enrichment. */
  other(field: number): Value | undefined {
    this.#source ??= this.#gather();
    for (const peer of this.#source) if (peer[field] !== undefined) return peer[field];
    return undefined;
  }

  #gather(): readonly Peer[] {
    const peers: Peer[] = [];
    const { sourcePrincipal, sourceService } = this.check;
    if (sourcePrincipal) peers.push(this.#certified(sourcePrincipal));
    if (sourceService !== undefined) peers.push(this.#named(sourceService));
    if (!this.#enrich.empty) peers.push(...this.#enriched(peers[0]?.[principalField]));
    return peers;
  }

  #enriched(principal: Value | undefined): readonly Peer[] {
    const byPrincipal = typeof principal === "string" ? this.#enrich.byPrincipal(principal) : undefined;
    const byAddress = this.sourceIp === undefined ? undefined : this.#enrich.byAddress(this.sourceIp);
    return [byPrincipal, byAddress].filter((peer) => peer !== undefined);
  }

  /** A value of the called side, of which only its certificate and its labels tell. */
  own(field: number): Value | undefined {
    const { destinationPrincipal } = this.check;
    return destinationPrincipal === undefined ? undefined : this.#certified(destinationPrincipal)[field];
  }
}

/** What a name in a certificate tells; one that is no SPIFFE id stays as it is. */
function peerOfPrincipal(name: string): Peer {
  const id = parseSpiffeId(name);
  return id === undefined ? toPeer({ principal: name.replace(/^spiffe:\/\//i, "") }) : peerOfSpiffeId(id);
}

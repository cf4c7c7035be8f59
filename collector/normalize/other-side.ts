import type { AccessLogEntry, ListenerTrust } from "../../schemas/model/access-log.ts";
import type { Value } from "../../schemas/model/value.ts";
import { peerKeys } from "./direction.ts";
import type { EnrichTables } from "./enrich.ts";
import type { Memos } from "./memos.ts";
import { type Peer, peerFieldNumber } from "./peer.ts";

const principalField = peerFieldNumber("principal");

/** The side that does not report: each of its values comes from the first place that has it. */
export class OtherSide {
  readonly #listener: ListenerTrust;
  readonly #memos: Memos;
  readonly #enrich: EnrichTables;
  /** What is known of it, in the order of preference; the first `#count` are of this entry. */
  readonly #layers: (Peer | undefined)[] = [];
  #count = 0;

  constructor(listener: ListenerTrust, memos: Memos, enrich: EnrichTables) {
    this.#listener = listener;
    this.#memos = memos;
    this.#enrich = enrich;
  }

  /** A value by field number. */
  value(field: number): Value | undefined {
    for (let i = 0; i < this.#count; i++) {
      const value = this.#layers[i]?.[field];
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /** Collects what an entry tells; `certified` is what a client's certificate tells. */
  gather(entry: AccessLogEntry, inbound: boolean, certified: Peer | undefined): void {
    this.#count = 0;
    const object = entry.filterState(inbound ? peerKeys.inbound : peerKeys.outbound);
    if (object !== undefined) this.#add(this.#memos.peer(object));
    if (inbound) this.#addClient(entry, certified);
    if (!this.#enrich.empty) this.#addEnriched(entry, inbound);
  }

  #add(peer: Peer | undefined): void {
    if (peer !== undefined) this.#layers[this.#count++] = peer;
  }

  /** What the connection and the headers tell of a client: nothing of the sort says who a server is. */
  #addClient({ requestHeaders }: AccessLogEntry, certified: Peer | undefined): void {
    this.#add(certified);
    if (requestHeaders === undefined) return;
    if (this.#listener.trustForwardedClientCert) {
      const forwarded = requestHeaders.get("x-forwarded-client-cert");
      if (forwarded !== undefined) this.#add(this.#memos.forwardedPeer(forwarded));
    }
    const cluster = requestHeaders.get("x-envoy-downstream-service-cluster");
    if (cluster !== undefined) this.#add(this.#memos.namedPeer(cluster));
  }

  #addEnriched({ downstreamDirectRemoteAddress, upstreamRemoteAddress }: AccessLogEntry, inbound: boolean): void {
    const principal = this.value(principalField);
    if (typeof principal === "string") this.#add(this.#enrich.byPrincipal(principal));
    const address = inbound ? downstreamDirectRemoteAddress : upstreamRemoteAddress;
    if (address?.ip !== undefined) this.#add(this.#enrich.byAddress(address.ip));
  }
}

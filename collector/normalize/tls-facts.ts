import type { TlsProperties } from "../../schemas/model/access-log.ts";
import type { Peer } from "./peer.ts";
import { peerOfSpiffeId } from "./peer-object.ts";
import { firstSpiffeId } from "./spiffe.ts";

/** What the TLS of the downstream connection tells. */
export interface TlsFacts {
  /** The client showed a certificate. */
  readonly mutual: boolean;
  /** What the client's certificate tells of it. */
  readonly peer: Peer | undefined;
  /** Principal of the proxy's own certificate. */
  readonly localPrincipal: string | undefined;
}

/** The facts of a connection without TLS. */
export const noTls: TlsFacts = { mutual: false, peer: undefined, localPrincipal: undefined };

/** Reads TLS properties, once for each object. */
export function toTlsFacts({ localCertificate, peerCertificate }: TlsProperties): TlsFacts {
  const peerId = peerCertificate && firstSpiffeId(peerCertificate.uriSans);
  return {
    mutual: peerCertificate !== undefined && !peerCertificate.empty,
    peer: peerId && peerOfSpiffeId(peerId),
    localPrincipal: localCertificate && firstSpiffeId(localCertificate.uriSans)?.principal,
  };
}

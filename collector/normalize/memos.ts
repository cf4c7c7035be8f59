import { memoizeByObject, memoizeByText } from "./bounded-cache.ts";
import { toClaims } from "./claims.ts";
import { parseClusterName } from "./cluster-name.ts";
import { type Peer, toPeer } from "./peer.ts";
import { peerOfObject, peerOfSpiffeId } from "./peer-object.ts";
import { firstSpiffeId } from "./spiffe.ts";
import { toTlsFacts } from "./tls-facts.ts";
import { parseForwardedClientCert } from "./xfcc.ts";

const MAX_REMEMBERED = 1024;

/** What repeats from entry to entry, read once: by object where the decoder gives the same object for the same bytes, else by text. */
export interface Memos {
  readonly cluster: ReturnType<typeof parseClusterNames>;
  readonly tls: ReturnType<typeof readTls>;
  readonly peer: ReturnType<typeof readPeers>;
  readonly claims: ReturnType<typeof readClaims>;
  /** The client that a trusted x-forwarded-client-cert names. */
  readonly forwardedPeer: (header: string) => Peer | undefined;
  /** The client by the cluster name it sent itself. */
  readonly namedPeer: (cluster: string) => Peer | undefined;
}

const parseClusterNames = () => memoizeByText(MAX_REMEMBERED, parseClusterName);
const readTls = () => memoizeByObject(toTlsFacts);
const readPeers = () => memoizeByObject(peerOfObject);
const readClaims = () => memoizeByObject(toClaims);

/** Makes empty memos. */
export function createMemos(): Memos {
  return {
    cluster: parseClusterNames(),
    tls: readTls(),
    peer: readPeers(),
    claims: readClaims(),
    forwardedPeer: memoizeByText(MAX_REMEMBERED, peerOfForwardedCert),
    namedPeer: memoizeByText(MAX_REMEMBERED, (cluster) =>
      cluster === "" ? undefined : toPeer({ "workload.name": cluster }),
    ),
  };
}

function peerOfForwardedCert(header: string): Peer | undefined {
  const id = firstSpiffeId(parseForwardedClientCert(header)?.get("uri") ?? []);
  return id && peerOfSpiffeId(id);
}

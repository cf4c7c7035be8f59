/** A SPIFFE id, taken apart. */
export interface SpiffeId {
  /** The id without its scheme, trust domain in lower case: what policies compare. */
  readonly principal: string;
  /** Of ids that end in `/ns/<namespace>/sa/<account>`, as Istio issues them. */
  readonly namespace: string | undefined;
  readonly serviceAccount: string | undefined;
}

const MAX_LENGTH = 2048;
const scheme = /^spiffe:\/\//i;
const trustDomain = /^[a-z0-9._-]{1,255}$/;
const segment = /^[A-Za-z0-9._-]+$/;

/** Takes a SPIFFE id apart (SPIFFE-ID standard, section 2); undefined for any text that is none. */
export function parseSpiffeId(text: string): SpiffeId | undefined {
  if (text.length > MAX_LENGTH || !scheme.test(text)) return undefined;
  const [domain = "", ...path] = text.slice("spiffe://".length).split("/");
  const authority = domain.toLowerCase();
  if (!trustDomain.test(authority) || !path.every(isSegment)) return undefined;
  const [ns, namespace, sa, serviceAccount] = path.slice(-4);
  const issuedByIstio = path.length >= 4 && ns === "ns" && sa === "sa";
  return {
    principal: [authority, ...path].join("/"),
    namespace: issuedByIstio ? namespace : undefined,
    serviceAccount: issuedByIstio ? serviceAccount : undefined,
  };
}

function isSegment(text: string): boolean {
  return segment.test(text) && text !== "." && text !== "..";
}

/** The first SPIFFE id among the URI names of a certificate; it should be the only one. */
export function firstSpiffeId(uris: readonly string[]): SpiffeId | undefined {
  for (const uri of uris) {
    const id = parseSpiffeId(uri);
    if (id !== undefined) return id;
  }
  return undefined;
}

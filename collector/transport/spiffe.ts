import type { X509Certificate } from "node:crypto";

/** A SPIFFE id in parts: the trust domain in lower case, the path as it is. */
export interface SpiffeId {
  readonly trustDomain: string;
  readonly path: string;
}

const maxBytes = 2048;

/**
 * Reads a SPIFFE id (SPIFFE-ID, section 2): scheme and trust domain compare without case, the path with it. Undefined
 * if it is malformed: empty, dot or percent-encoded segments, a port, user, query or fragment.
 */
export function parseSpiffeId(uri: string): SpiffeId | undefined {
  if (Buffer.byteLength(uri) > maxBytes) return undefined;
  const [, domain, path = ""] = /^spiffe:\/\/([a-z0-9._-]{1,255})((?:\/[\w.-]+)*)$/i.exec(uri) ?? [];
  if (domain === undefined || path.split("/").some((segment) => segment === "." || segment === "..")) return undefined;
  return { trustDomain: domain.toLowerCase(), path };
}

/** The one URI among a certificate's alternative names, which is where a SPIFFE id stands (X509-SVID, section 2). */
export function uriOf(certificate: X509Certificate): string | undefined {
  const names = (certificate.subjectAltName ?? "").matchAll(/([^:,]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g);
  const uris = [...names].filter(([, kind]) => kind === "URI").map(([, , value]) => value);
  return uris.length === 1 ? uris[0] : undefined;
}

/** Tells who may connect, from SPIFFE ids and trust domains. Throws a RangeError that names an entry that is neither. */
export function createSpiffeList(entries: readonly string[]): (id: SpiffeId) => boolean {
  const ids = new Set<string>();
  const domains = new Set<string>();
  for (const entry of entries) {
    const id = parseSpiffeId(entry.includes("://") ? entry : `spiffe://${entry}`);
    if (id === undefined || (id.path !== "" && !entry.includes("://"))) {
      throw new RangeError(`"${entry}" is neither a SPIFFE id (spiffe://domain/path) nor a trust domain`);
    }
    if (id.path === "") domains.add(id.trustDomain);
    else ids.add(id.trustDomain + id.path);
  }
  return ({ trustDomain, path }) => domains.has(trustDomain) || ids.has(trustDomain + path);
}

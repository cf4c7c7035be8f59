/** Gives the values that a value of a policy stands for, since the mesh's trust domain may have aliases. */
export interface TrustDomains {
  ofPrincipal(principal: string): readonly string[];
  ofTrustDomain(value: string): readonly string[];
}

/** What policies call the mesh's own trust domain, whatever its name is. */
const OWN = "cluster.local";

/** The mesh's trust domain, and others that are the same. */
export function createTrustDomains(mesh: string, aliases: readonly string[]): TrustDomains {
  const all = [mesh, ...aliases];

  /** One copy for each trust domain; one that the pattern `*x` fits stays as it is. */
  const copies = (principal: string, [own = "", ...rest]: readonly string[]) =>
    all.map((domain) =>
      own.startsWith("*") && domain.endsWith(own.slice(1)) ? principal : [domain, ...rest].join("/"),
    );

  return {
    ofPrincipal(principal) {
      const parts = principal.split("/");
      const own = parts[0] ?? "";
      if (parts.length !== 5 || own === "*") return [principal];
      return own === OWN || all.some((domain) => means(own, domain))
        ? [...new Set(copies(principal, parts))]
        : [principal];
    },
    ofTrustDomain: (value) => (all.includes(value) ? all : [value]),
  };
}

/** Whether a trust domain in a policy, which may begin or end with a star, means this one. */
function means(own: string, domain: string): boolean {
  return (
    own === domain ||
    (own.startsWith("*") && domain.endsWith(own.slice(1))) ||
    (own.endsWith("*") && domain.startsWith(own.slice(0, -1)))
  );
}

import { matchText } from "./text.ts";

/** The caller as its certificate names it. */
export interface Identity {
  /** As it is, with the scheme of a SPIFFE id left out. */
  readonly text: string;
  /** False for names such as a subject, which no pattern but `*` can mean. */
  readonly isSpiffe: boolean;
}

/** Says whether the caller fits; one without a certificate fits nothing. */
export type MatchIdentity = (identity: Identity | undefined) => boolean;

/** Reads the principal of a request, whether it has its scheme or not. */
export function toIdentity(principal: string): Identity | undefined {
  if (principal === "") return undefined;
  const text = principal.replace(/^spiffe:\/\//i, "");
  return { text, isSpiffe: text !== principal || /^[\w.-]+\//.test(text) };
}

/** Matches the SPIFFE id without its scheme; a pattern with the scheme matches none. */
export function matchPrincipal(pattern: string): MatchIdentity {
  if (pattern === "*") return (identity) => identity !== undefined;
  const matches = matchText(pattern);
  return (identity) => identity?.isSpiffe === true && matches(identity.text);
}

/** Matches the namespace wherever the identity has it; every star, also one inside, is any text. */
export function matchNamespace(pattern: string): MatchIdentity {
  const parts = `/ns/${pattern}/`.split("*");
  return (identity) => identity !== undefined && includesInOrder(identity.text, parts);
}

function includesInOrder(text: string, parts: readonly string[]): boolean {
  let from = 0;
  for (const part of parts) {
    const at = text.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return true;
}

/** Matches `NAMESPACE/ACCOUNT`, or `ACCOUNT` of this namespace, in any trust domain, whatever else the path holds. */
export function matchServiceAccount(value: string, ownNamespace: string): MatchIdentity {
  const slash = value.indexOf("/");
  const namespace = quote(slash < 0 ? ownNamespace : value.slice(0, slash));
  const account = quote(value.slice(slash + 1));
  const expression = new RegExp(`^.+/ns/${namespace}/(?:.+/)?sa/${account}(?:/.+)?$`);
  return (identity) => identity?.isSpiffe === true && expression.test(identity.text);
}

function quote(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** Matches what stands before the first slash. */
export function matchTrustDomain(pattern: string): MatchIdentity {
  const matches = matchText(pattern);
  return (identity) => identity?.isSpiffe === true && matches(identity.text.split("/", 1)[0]);
}

/** Why Istio takes no such service account; undefined if it does. */
export function serviceAccountProblem(value: string): string | undefined {
  if (value.includes("*")) return "must not have a star: service accounts have no wildcards";
  if (value.length > 320) return "must not be longer than 320 characters";
  return value.split("/").length > 2 ? "must be ACCOUNT or NAMESPACE/ACCOUNT" : undefined;
}

/** Why Istio takes no such trust domain; undefined if it does. */
export function trustDomainProblem(value: string): string | undefined {
  if (value.includes("/")) return "must not have a slash";
  const stars = value.split("*").length - 1;
  const atEnd = value.startsWith("*") || value.endsWith("*");
  return stars > 1 || (stars === 1 && !atEnd) ? "may have one star, at its start or its end" : undefined;
}

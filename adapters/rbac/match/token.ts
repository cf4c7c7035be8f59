import { type MatchText, matchText } from "./text.ts";

/** What a verified token says: a JSON value. */
export type Claim = unknown;

/** Says whether the issuer and the subject of a token fit. */
export type MatchToken = (issuer: Claim, subject: Claim) => boolean;

const exactly =
  (expected: string): MatchText =>
  (text) =>
    text === expected;

/** A pattern that ends with a star; another one at its start is literal. */
const beginning = (pattern: string): MatchText =>
  pattern === "*" ? matchText(pattern) : (text) => text?.startsWith(pattern.slice(0, -1)) ?? false;

/** A pattern of half a principal, where a lone star is any text. */
function readPrincipal(value: string): readonly [issuer: MatchText, subject: MatchText] {
  const slash = value.lastIndexOf("/");
  const [issuer, subject] = slash < 0 ? [value, ""] : [value.slice(0, slash), value.slice(slash + 1)];
  const any = matchText("*");
  if (value === "*") return [any, any];
  if (value.startsWith("*")) return slash < 0 ? [any, matchText(value)] : [matchText(issuer), exactly(subject)];
  if (value.endsWith("*")) return slash < 0 ? [matchText(value), any] : [exactly(issuer), beginning(subject)];
  return [exactly(issuer), exactly(subject)];
}

/**
 * Matches `ISSUER/SUBJECT`, cut at the last slash, as issuers are URLs. A star at the start belongs to the issuer if there is a slash, to the
 * subject if there is none; one at the end the other way round.
 */
export function matchRequestPrincipal(value: string): MatchToken {
  const [issuerFits, subjectFits] = readPrincipal(value);
  return (issuer, subject) =>
    typeof issuer === "string" && typeof subject === "string" && issuerFits(issuer) && subjectFits(subject);
}

/** Matches a claim that is text, or a list of which one text fits. Numbers, booleans and objects never match. */
export function matchClaim(pattern: string): (claim: Claim) => boolean {
  const matches = matchText(pattern);
  const fits = (claim: Claim) => typeof claim === "string" && matches(claim);
  return (claim) => (Array.isArray(claim) ? claim.some(fits) : fits(claim));
}

/** Matches a value of dynamic metadata: `v` one that is text, `[v]` a list of which one text fits. */
export function matchMetadata(pattern: string): (value: unknown) => boolean {
  const isList = pattern.startsWith("[") && pattern.endsWith("]");
  const matches = matchText(isList ? pattern.replace(/^\[+|\]+$/g, "") : pattern);
  const fits = (value: unknown) => typeof value === "string" && matches(value);
  return (value) => (isList ? Array.isArray(value) && value.some(fits) : fits(value));
}

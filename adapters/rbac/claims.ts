import type { Question } from "../checker.ts";
import type { Claim } from "./match/token.ts";
import { memberOf } from "./member.ts";

/** Gives a way to look claims of the request's token up, by their path. */
export type ReadClaims = (question: Question) => (path: readonly string[]) => Claim;

/** Tokens that are remembered, as parsing one costs more than deciding. */
const MAX_REMEMBERED = 1000;

/**
 * Reads claims with their types where the request has them all, else what attributes tell of single ones. Claims of these names, and scope
 * and permission, are lists parted by spaces.
 */
export function createClaims(spaceDelimited: readonly string[]): ReadClaims {
  const delimited = new Set(["scope", "permission", ...spaceDelimited]);
  const remembered = new Map<string, unknown>();

  const parse = (raw: string): unknown => {
    const known = remembered.get(raw);
    if (known !== undefined) return known;
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    const claims = parseJson(raw) ?? {};
    remembered.set(raw, claims);
    return claims;
  };

  return (question) => {
    const raw = question.get("request.auth.raw_claims");
    const find =
      typeof raw === "string"
        ? (path: readonly string[]) => memberOf(parse(raw), path)
        : (path: readonly string[]) => (path.length === 1 ? claimOf(question, path[0] as string) : undefined);
    return (path) => {
      const claim = find(path);
      return path.length === 1 && delimited.has(path[0] as string) && typeof claim === "string"
        ? claim.split(" ").filter((part) => part !== "")
        : claim;
    };
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A claim that the request has by itself. */
function claimOf(question: Question, name: string): Claim {
  const own = question.entry("request.auth.claims", name);
  if (own !== undefined) return own;
  switch (name) {
    case "iss":
      return principalOf(question)?.[0];
    case "sub":
      return principalOf(question)?.[1];
    case "aud":
      return textOf(question, "request.auth.audiences")?.split(",");
    case "azp":
      return textOf(question, "request.auth.presenter");
    default:
      return undefined;
  }
}

function textOf(question: Question, attribute: string): string | undefined {
  const value = question.get(attribute);
  return typeof value === "string" ? value : undefined;
}

/** Issuer and subject, parted at the last slash, as policies are. */
function principalOf(question: Question): readonly [string, string] | undefined {
  const principal = textOf(question, "request.auth.principal");
  const slash = principal?.lastIndexOf("/") ?? -1;
  return principal === undefined || slash < 0 ? undefined : [principal.slice(0, slash), principal.slice(slash + 1)];
}

import { isStruct, type Struct, textAt, textMembers } from "./json.ts";

/** What a verified token says. */
export interface Claims {
  /** issuer/subject; absent unless both are there. */
  readonly principal: string | undefined;
  /** Joined by commas. */
  readonly audiences: string | undefined;
  readonly presenter: string | undefined;
  /** The claims that are text. */
  readonly texts: ReadonlyMap<string, string> | undefined;
  /** All claims as JSON. */
  readonly raw: string;
}

/** The filter whose metadata holds payloads of verified tokens, each under a key that the configuration chose. */
export const jwtFilter = "envoy.filters.http.jwt_authn";

/** Finds the payload in the filter's metadata: the first struct that has an issuer or a subject. */
export function findPayload(metadata: Struct): Struct | undefined {
  return Object.values(metadata).find((value): value is Struct => isStruct(value) && isPayload(value));
}

function isPayload(value: Struct): boolean {
  return textAt(value, "iss") !== undefined || textAt(value, "sub") !== undefined;
}

/** Reads the payload of a token (RFC 7519 4.1). */
export function toClaims(payload: Struct): Claims {
  const issuer = textAt(payload, "iss");
  const subject = textAt(payload, "sub");
  return {
    principal: issuer === undefined || subject === undefined ? undefined : `${issuer}/${subject}`,
    audiences: audiencesOf(payload),
    presenter: textAt(payload, "azp"),
    texts: textMembers(payload),
    raw: JSON.stringify(payload),
  };
}

/** `aud` is one text or a list of them. */
function audiencesOf(payload: Struct): string | undefined {
  const { aud } = payload;
  if (!Array.isArray(aud)) return textAt(payload, "aud");
  return aud.filter((audience) => typeof audience === "string" && audience !== "").join(",") || undefined;
}

import type { JWTPayload } from "jose";
import type { Value } from "../../schemas/model/value.ts";

/** The attributes that a verified token gives (RFC 7519 4.1). */
export function toAttributes(payload: JWTPayload): Readonly<Record<string, Value>> {
  const { iss, sub, azp } = payload;
  const audiences = [payload.aud ?? []].flat().join(",");
  const texts = Object.entries(payload).filter((claim): claim is [string, string] => typeof claim[1] === "string");
  return {
    ...(iss !== undefined && sub !== undefined && { "request.auth.principal": `${iss}/${sub}` }),
    ...(audiences !== "" && { "request.auth.audiences": audiences }),
    ...(typeof azp === "string" && { "request.auth.presenter": azp }),
    "request.auth.claims": new Map(texts),
    "request.auth.raw_claims": JSON.stringify(payload),
  };
}

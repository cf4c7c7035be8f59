import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify, type LocalJWKSet } from "jose";

/** What became of a token. Faults of keys, not of tokens, are thrown. */
export type Verified =
  | { readonly ok: true; readonly payload: JWTPayload }
  /** `passes`: it may be good later. */
  | { readonly ok: false; readonly why: string; readonly isUnknownKey: boolean; readonly passes: boolean };

/** Longer tokens are refused unread. */
const MAX_LENGTH = 16_384;

/** Verifies a token's signature and claims. */
export async function verify(token: string, keys: LocalJWKSet, options: JWTVerifyOptions): Promise<Verified> {
  const refused = (why: string, of: { isUnknownKey?: boolean; passes?: boolean } = {}): Verified => ({
    ...{ ok: false, why, isUnknownKey: false, passes: false },
    ...of,
  });
  if (token.length > MAX_LENGTH) return refused("the token is too long");
  try {
    return { ok: true, payload: await withKeys(token, keys, options) };
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey)
      return refused("the token is signed with an unknown key", { isUnknownKey: true, passes: true });
    if (error instanceof errors.JWTExpired) return refused("the token has expired");
    if (error instanceof errors.JWTClaimValidationFailed)
      return refused(`the claim ${error.claim} is not as it must be`, { passes: error.claim === "nbf" });
    if (error instanceof errors.JWSSignatureVerificationFailed) return refused("the signature is wrong");
    if (error instanceof errors.JOSEAlgNotAllowed) return refused("the kind of signature is not allowed");
    if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSInvalid))
      return refused("the token is no JWT");
    throw error;
  }
}

/** A token that does not say which of several keys is its own is tried with each. */
async function withKeys(token: string, keys: LocalJWKSet, options: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, options)).payload;
      } catch (fault) {
        if (!(fault instanceof errors.JWSSignatureVerificationFailed)) throw fault;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

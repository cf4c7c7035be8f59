import type { JWTPayload, LocalJWKSet } from "jose";
import { errorText } from "../../schemas/model/error-text.ts";
import { type Answer, defineChecker } from "../checker.ts";
import {
  attributesOf,
  type Credential,
  findCredential,
  unauthorized,
  withoutCredential,
} from "../shared/credential.ts";
import type { Current } from "../shared/refreshed.ts";
import { toAttributes } from "./claims.ts";
import { config } from "./config.ts";
import { keyProblems, openKeys } from "./keys.ts";
import { type Verified, verify } from "./verify.ts";

/** A token that was verified. */
interface Known {
  readonly keys: LocalJWKSet;
  readonly attributes: ReturnType<typeof toAttributes>;
  readonly untilMs: number;
}

type Good = Extract<Current<LocalJWKSet>, { ok: true }>;

/** Tokens that need not be verified again; the one that was verified first goes first. */
const MAX_KNOWN = 5_000;

/** Verifies JSON Web Tokens, and gives what they claim to the rules that follow. */
export const jwt = defineChecker({
  type: "jwt",
  summary: "Verifies JSON Web Tokens, and gives their claims to the rules that follow.",
  config,
  instance: "none",
  reads: ({ from }) => attributesOf(from),
  validate: keyProblems,
  async open(settings, host) {
    const keys = await openKeys(settings, host);
    const { from, optional, leeway: leewayMs } = settings;
    const known = new Map<string, Known>();

    const options = () => ({
      issuer: [...settings.issuers],
      algorithms: [...settings.algorithms],
      clockTolerance: leewayMs / 1000,
      currentDate: new Date(host.now()),
      ...(settings.audiences.length > 0 && { audience: [...settings.audiences] }),
    });

    const give = ({ attributes, untilMs }: Known, { place }: Credential, holds: () => boolean): Answer => {
      const validForMs = untilMs - host.now();
      if (validForMs <= 0) return refuse("the token has expired");
      const changes = settings.forward ? {} : { changes: withoutCredential(place) };
      return { verdict: "pass", attributes, ...changes, validForMs, holds };
    };

    const learn = (token: string, one: Known): Known => {
      if (known.size >= MAX_KNOWN) known.delete(known.keys().next().value as string);
      known.set(token, one);
      return one;
    };

    /** With the keys that there are; where these do not know the token's, with new ones. */
    const withNewestKeys = async (token: string, current: Good): Promise<{ at: Good; verified: Verified }> => {
      const verified = await verify(token, current.value, options());
      if (verified.ok || !verified.isUnknownKey) return { at: current, verified };
      await keys.refresh(settings.refetch);
      const fresh = keys.current();
      if (!fresh.ok || fresh.value === current.value) return { at: current, verified };
      return { at: fresh, verified: await verify(token, fresh.value, options()) };
    };

    const judge = async (found: Credential, current: Good): Promise<Answer> => {
      const { at, verified } = await withNewestKeys(found.text, current);
      const { holds, value } = at;
      if (verified.ok) return give(learn(found.text, toKnown(verified.payload, value, leewayMs)), found, holds);
      return { ...refuse(verified.why), holds, ...(verified.passes && { validForMs: 0 }) };
    };

    return {
      check(question) {
        const found = findCredential(question, from);
        if (found === undefined) return optional ? { verdict: "pass" } : unauthorized("a token is needed", "Bearer");
        const current = keys.current();
        if (!current.ok) return { verdict: "error", reason: current.reason };
        const one = known.get(found.text);
        if (one?.keys === current.value) return give(one, found, current.holds);
        return judge(found, current).catch((error) => ({
          verdict: "error",
          reason: `the token could not be verified: ${errorText(error)}`,
        }));
      },
      async close() {
        keys.close();
      },
    };
  },
});

function toKnown(payload: JWTPayload, keys: LocalJWKSet, leewayMs: number): Known {
  const untilMs = payload.exp === undefined ? Number.POSITIVE_INFINITY : payload.exp * 1000 + leewayMs;
  return { keys, attributes: toAttributes(payload), untilMs };
}

/** Refuses a token that is there (RFC 6750 3.1). */
const refuse = (why: string) => unauthorized(why, `Bearer error="invalid_token", error_description="${why}"`);

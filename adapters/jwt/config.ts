import { z } from "zod";
import { credentialPlace } from "../shared/credential.ts";
import { durationSetting, timeSetting } from "../shared/duration-setting.ts";
import { httpHeaders, httpUrl } from "../shared/http-settings.ts";
import { tlsSettings } from "../shared/tls-settings.ts";

/** Signatures that anyone can check and only the issuer can make: no shared secrets, and never `none`. */
const algorithms = [
  ...(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] as const),
  ...(["ES256", "ES384", "ES512", "EdDSA"] as const),
] as const;

/** Settings of the JWT checker. */
export const config = z.strictObject({
  issuers: z.array(z.string().min(1)).min(1).describe("Who may have issued a token: its claim iss."),
  audiences: z
    .array(z.string().min(1))
    .default([])
    .describe("Whom a token may be for: one of these must be in its claim aud. Any by default."),
  jwksUrl: httpUrl("Where to get the issuer's public keys, as a JSON Web Key Set.").optional(),
  jwksFile: z.string().min(1).optional().describe("File with the keys, instead of jwksUrl."),
  headers: httpHeaders,
  tls: tlsSettings.optional(),
  refresh: durationSetting("10m", "Time between looks at the keys."),
  stale: durationSetting("24h", "How long keys that cannot be had again stay good; then the rule is in error."),
  refetch: durationSetting(
    "30s",
    "A token of an unknown key makes for a look at the keys, but no sooner after the last.",
  ),
  timeout: durationSetting("5s", "How long one look may take."),
  algorithms: z
    .array(z.enum(algorithms))
    .min(1)
    .default([...algorithms])
    .describe("Signatures that are taken."),
  leeway: timeSetting("30s", "How far the clocks of issuer and hub may be apart."),
  from: z
    .array(credentialPlace)
    .min(1)
    .default([{ header: "authorization", prefix: "Bearer " }])
    .describe("Where the token stands, the first that there is: { header, prefix }, { query } or { cookie }."),
  optional: z.boolean().default(false).describe("Lets requests without a token pass; one that is there must be good."),
  forward: z.boolean().default(true).describe("Leaves the token in the request; false takes header or parameter out."),
});

/** Checked settings with the defaults filled in. */
export type JwtConfig = z.output<typeof config>;

import { z } from "zod";
import { credentialPlace } from "../shared/credential.ts";
import { durationSetting } from "../shared/duration-setting.ts";

/** Settings of the API key checker. */
export const config = z.strictObject({
  file: z.string().min(1).describe("File with the keys' hashes (YAML or JSON)."),
  from: z
    .array(credentialPlace)
    .min(1)
    .default([{ header: "x-api-key", prefix: "" }])
    .describe("Where the key stands, the first that there is: { header, prefix }, { query } or { cookie }."),
  refresh: durationSetting("5s", "Time between looks at the file."),
  stale: durationSetting("1h", "How long keys stay good while the file cannot be read; then the rule is in error."),
  optional: z.boolean().default(false).describe("Lets requests without a key pass; one that is there must be good."),
  forward: z.boolean().default(true).describe("Leaves the key in the request; false takes header or parameter out."),
});

/** Checked settings with the defaults filled in. */
export type ApiKeyConfig = z.output<typeof config>;

import { z } from "zod";
import { timeSetting } from "../shared/duration-setting.ts";
import { httpHeaders, httpUrl } from "../shared/http-settings.ts";
import { tlsSettings } from "../shared/tls-settings.ts";

/** Settings of the OPA checker. */
export const config = z.strictObject({
  url: httpUrl("Where the OPA server is, such as http://127.0.0.1:8181."),
  path: z
    .string()
    .regex(/^[^/?#]+(\/[^/?#]+)*$/, "expected a path such as envoy/authz/allow, without a slash before or behind")
    .default("envoy/authz/allow")
    .describe("The rule that is asked for, below data, with slashes."),
  input: z
    .enum(["envoy", "mixer"])
    .default("envoy")
    .describe(
      "envoy: the input document of opa-envoy; mixer: subject and action of the authorization that the rule names.",
    ),
  parseBody: z
    .boolean()
    .default(true)
    .describe("Puts parsed_body and truncated_body into the input document of opa-envoy."),
  headers: httpHeaders,
  tls: tlsSettings.optional(),
  validFor: timeSetting(
    "0s",
    "How long an answer may be given again for the same attributes; never for requests that a proxy sent whole.",
  ),
});

/** Checked settings with the defaults filled in. */
export type OpaConfig = z.output<typeof config>;

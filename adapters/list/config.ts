import { z } from "zod";
import { durationSetting } from "../shared/duration-setting.ts";
import { httpHeaders, httpUrl } from "../shared/http-settings.ts";
import { tlsSettings } from "../shared/tls-settings.ts";

/** Settings of the list adapter. */
export const config = z.strictObject({
  match: z
    .enum(["exact", "ignoreCase", "cidr", "regex"])
    .default("exact")
    .describe(
      "exact: the text itself; ignoreCase: in any case; cidr: addresses and blocks of them; regex: RE2 patterns, found anywhere in the text.",
    ),
  blacklist: z.boolean().default(false).describe("true refuses what is on the list, false what is not."),
  entries: z.array(z.string()).default([]).describe("Entries, beside those of files and url."),
  files: z.array(z.string().min(1)).default([]).describe("Files with an entry a line."),
  url: httpUrl("Where to get more entries, one a line.").optional(),
  headers: httpHeaders,
  tls: tlsSettings.optional(),
  refresh: durationSetting("60s", "Time between looks at the files and the URL."),
  ttl: durationSetting("5m", "How long a list that cannot be had again stays good; then the rule is in error."),
  timeout: durationSetting("5s", "How long one look may take."),
  maxBytes: z
    .int()
    .positive()
    .default(16 * 1024 * 1024)
    .describe("Largest size of a file and of the answer of the URL."),
  status: z.int().min(400).max(599).default(403).describe("HTTP status of the refusal."),
});

/** Checked settings with the defaults filled in. */
export type ListConfig = z.output<typeof config>;

import { z } from "zod";
import { httpCompression, httpHeaders, httpUrl } from "../shared/http-settings.ts";
import { tlsSettings } from "../shared/tls-settings.ts";

/** Settings of the HTTP adapter. */
export const config = z.strictObject({
  url: httpUrl("Where to post to."),
  format: z
    .enum(["array", "lines"])
    .default("array")
    .describe("array: one JSON array of objects; lines: one JSON object a line, as application/x-ndjson."),
  compression: httpCompression("none"),
  headers: httpHeaders,
  tls: tlsSettings.optional(),
});

/** Checked settings with the defaults filled in. */
export type HttpConfig = z.output<typeof config>;

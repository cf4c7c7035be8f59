import { z } from "zod";
import { timeSetting } from "../shared/duration-setting.ts";
import { httpCompression, httpHeaders, httpUrl } from "../shared/http-settings.ts";
import { tlsSettings } from "../shared/tls-settings.ts";

const names = z.array(z.string().min(1).toLowerCase()).default([]);

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
  ask: z
    .strictObject({
      attributes: z
        .array(z.string().min(1))
        .default(["source.ip", "request.method", "request.host", "request.path", "request.headers"])
        .describe("Attributes that are posted; absent ones are left out."),
      upstreamHeaders: names.describe("Headers of a 2xx answer that the request gets on its way to the upstream."),
      clientHeaders: names
        .default(["www-authenticate", "content-type", "set-cookie"])
        .describe("Headers of a 401 or 403 that the client gets."),
      validFor: timeSetting("0s", "How long an answer may be given again for the same attributes."),
    })
    .prefault({})
    .describe("How it is asked for decisions, by the check of a rule."),
});

/** Checked settings with the defaults filled in. */
export type HttpConfig = z.output<typeof config>;

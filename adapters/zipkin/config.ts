import { z } from "zod";
import { httpCompression, httpHeaders, httpUrl } from "../shared/http-settings.ts";
import { tlsSettings } from "../shared/tls-settings.ts";

/** Settings of the Zipkin exporter. */
export const config = z.strictObject({
  endpoint: httpUrl("Where to post spans, such as http://zipkin:9411; /api/v2/spans is its path unless it has one."),
  compression: httpCompression("none"),
  headers: httpHeaders,
  tls: tlsSettings.optional(),
});

/** Checked settings with the defaults filled in. */
export type ZipkinConfig = z.output<typeof config>;

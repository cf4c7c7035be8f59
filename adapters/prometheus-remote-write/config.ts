import { z } from "zod";
import { httpHeaders, httpUrl } from "../shared/http-settings.ts";
import { intervalSetting, seriesSettings } from "../shared/series/config.ts";
import { tlsSettings } from "../shared/tls-settings.ts";

const labelName = z
  .string()
  .regex(/^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/, "expected a label name of Prometheus, not beginning with __");

/** Settings of the remote write adapter. */
export const config = z.strictObject({
  url: httpUrl("Where to write to, such as http://prometheus:9090/api/v1/write."),
  version: z
    .enum(["1.0", "2.0"])
    .default("1.0")
    .describe("Remote write 1.0, which every receiver takes, or 2.0: smaller, with metadata and start times in place."),
  ...seriesSettings,
  interval: intervalSetting.prefault("15s"),
  labels: z
    .record(labelName, z.string())
    .default({})
    .describe(
      "Labels of every series. job is mixdown and instance the host's name unless given; empty ones are left out.",
    ),
  headers: httpHeaders,
  tls: tlsSettings.optional(),
});

/** Checked settings with the defaults filled in. */
export type RemoteWriteConfig = z.output<typeof config>;

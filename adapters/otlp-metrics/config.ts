import { z } from "zod";
import { otlpSettings } from "../shared/otlp/settings.ts";
import { intervalSetting, seriesSettings } from "../shared/series/config.ts";

/** Settings of the OTLP metrics exporter. */
export const config = z.strictObject({
  ...otlpSettings,
  ...seriesSettings,
  temporality: z
    .enum(["delta", "cumulative"])
    .default("cumulative")
    .describe("What points hold: what came since the last one (delta), or all since the series began (cumulative)."),
  interval: intervalSetting.prefault("30s"),
  resource: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .describe(
      "Attributes of the resource. service.name is mixdown and service.instance.id the host's name unless given.",
    ),
});

/** Checked settings with the defaults filled in. */
export type OtlpMetricsConfig = z.output<typeof config>;

import { z } from "zod";
import { seriesSettings } from "../shared/series/config.ts";
import { othersSettings } from "./others/config.ts";

/** Settings of the Prometheus adapter. */
export const config = z.strictObject({
  ...seriesSettings,
  created: z
    .boolean()
    .default(true)
    .describe("Write when each series began (OpenMetrics _created). Scrapers that do not use it store it as series."),
  others: othersSettings,
  address: z
    .string()
    .optional()
    .describe('"host:port" of a listener of its own for /metrics; by default the admin listener shows it.'),
});

/** Checked settings with the defaults filled in. */
export type PrometheusConfig = z.output<typeof config>;

import { z } from "zod";

/** How metrics of others are shown. */
export const othersSettings = z
  .strictObject({
    maxSeries: z
      .int()
      .positive()
      .max(10_000_000)
      .default(200_000)
      .describe(
        "Samples of all of them together, as Prometheus counts series; what does not fit is dropped and counted.",
      ),
    expiry: z
      .string()
      .default("5m")
      .describe("Forget a series that nobody sent for this long, for example 5m; 0 never."),
    suffixes: z
      .boolean()
      .default(true)
      .describe("Put units and _total behind names, as OpenTelemetry does for Prometheus."),
    scopeLabels: z.boolean().default(true).describe("Label series with their instrumentation scope (otel_scope_*)."),
    targetInfo: z.boolean().default(true).describe("Show the attributes of each resource as target_info."),
    resourceLabels: z
      .array(z.string().min(1))
      .default([])
      .describe("Attributes of the resource that become labels of each series, beside job and instance."),
  })
  .prefault({})
  .describe("How metrics of others (the instance metrics) are shown.");

/** Checked settings with the defaults filled in. */
export type OthersConfig = z.output<typeof othersSettings>;

import { z } from "zod";
import { lineSetting } from "../shared/line-settings.ts";
import { otlpSettings } from "../shared/otlp/settings.ts";

/** Settings of the OTLP log exporter. */
export const config = z.strictObject({
  ...otlpSettings,
  serviceName: z
    .string()
    .default('destination.service.name | destination.canonical.name | destination.workload.name | "unknown_service"')
    .describe("Expression for service.name of the resource: whom the record is about.")
    .meta({ expression: true }),
  resource: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .describe("Attributes of every resource; a service.name among them takes the place of serviceName."),
  body: z
    .enum(["none", "text"])
    .default("none")
    .describe("Body of a log entry's record: none, or a line of text as `line` says."),
  line: lineSetting,
});

/** Checked settings with the defaults filled in. */
export type OtlpLogsConfig = z.output<typeof config>;

import { z } from "zod";
import { httpUrl } from "../shared/http-settings.ts";
import { intervalSetting, seriesSettings } from "../shared/series/config.ts";

const attributeName = z.string().min(1).max(255);
const attributeValue = z.union([z.string().max(4094), z.number(), z.boolean()]);
const eventType = z
  .string()
  .regex(/^[A-Za-z0-9_:]{1,255}$/, "expected letters, digits, underscores and colons")
  .describe("Type of the events, by which New Relic finds them.");

/** Settings of the New Relic adapter. */
export const config = z.strictObject({
  licenseKey: z
    .string()
    .regex(/^[\x21-\x7e]+$/, "expected a license key, without spaces")
    .describe("License key for ingest.")
    .meta({ secret: true }),
  region: z.enum(["us", "eu"]).default("us").describe("Where the account is."),
  accountId: z.int().positive().optional().describe("Number of the account; events need it, or eventUrl."),
  metricUrl: httpUrl("Metric API to post to; by default the region's.").optional(),
  logUrl: httpUrl("Log API to post to; by default the region's.").optional(),
  traceUrl: httpUrl("Trace API to post to; by default the region's.").optional(),
  eventUrl: httpUrl("Event API to post to; by default the region's, with the account's number.").optional(),
  attributes: z
    .record(attributeName, attributeValue)
    .refine((attributes) => Object.keys(attributes).length <= 50, "expected at most 50 attributes")
    .default({})
    .describe("Attributes of all that is sent, such as service.name or the cluster."),
  ...seriesSettings,
  interval: intervalSetting.prefault("30s"),
  events: z
    .record(z.string(), eventType)
    .default({})
    .describe("Event types by instance: log entries that become events, not logs, and edges that are no MeshEdge."),
  message: z
    .string()
    .optional()
    .describe("Message of logs, an expression; by default the variable message, or else the instance's name.")
    .meta({ expression: true }),
});

/** Checked settings with the defaults filled in. */
export type NewRelicConfig = z.output<typeof config>;

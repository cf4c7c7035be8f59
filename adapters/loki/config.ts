import { z } from "zod";
import { httpCompression, httpHeaders, httpUrl } from "../shared/http-settings.ts";
import { tlsSettings } from "../shared/tls-settings.ts";

const labelName = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, "expected letters, digits and underscores");

/** Settings of the Loki adapter. */
export const config = z.strictObject({
  url: httpUrl("Where Loki is; without a path, /loki/api/v1/push is added."),
  tenant: z
    .string()
    .regex(/^[\x21-\x7e]+$/, "expected a tenant's id, without spaces")
    .optional()
    .describe("Tenant, sent as X-Scope-OrgID."),
  labels: z
    .record(labelName, z.string().min(1).max(2048))
    .default({ job: "mixdown" })
    .describe("Labels of all streams. The labels log (the instance) and level (the severity) are always there."),
  labelsFrom: z
    .array(z.string())
    .default([])
    .describe("Variables that become labels, too: those with few values, such as a namespace."),
  maxStreams: z
    .int()
    .positive()
    .max(100_000)
    .default(1000)
    .describe("Combinations of values of labelsFrom in use; entries beyond go to one stream overflow=true."),
  metadata: z
    .array(z.string())
    .default(["trace_id", "span_id"])
    .describe(
      "What is sent as structured metadata, not in the line: variables, trace_id and span_id. [] for Loki before 3.",
    ),
  format: z.enum(["json", "logfmt"]).default("json").describe("How a line is written."),
  compression: httpCompression("gzip"),
  headers: httpHeaders,
  tls: tlsSettings.optional(),
});

/** Checked settings with the defaults filled in. */
export type LokiConfig = z.output<typeof config>;

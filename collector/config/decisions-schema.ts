import { z } from "zod";
import { parseDuration } from "../../schemas/model/time-text.ts";

const retention = z
  .string()
  .refine((text) => (toMs(text) ?? 0) >= 1000, "expected a duration of at least 1s, such as 24h")
  .default("24h");

/** The `decisions` section of the configuration. */
export const decisionsConfig = z.strictObject({
  sampleAllowed: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe("Share that is kept of requests allowed without an error or a shadow verdict; the rest are all kept."),
  retention: retention.describe("How long decisions are kept."),
  maxRows: z.int().min(100).max(1_000_000).default(100_000).describe("Most decisions kept; the oldest go first."),
});

function toMs(text: string): number | undefined {
  const nanos = parseDuration(text);
  return nanos === undefined ? undefined : Number(nanos) / 1e6;
}

/** A `decisions` section as the log of decisions takes it. */
export const decisionSettings = ({ retention, ...settings }: z.output<typeof decisionsConfig>) => ({
  ...settings,
  retentionMs: toMs(retention) ?? 0,
});

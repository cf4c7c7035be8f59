import { z } from "zod";
import { parseDuration } from "../../schemas/model/time-text.ts";

const milliseconds = (text: string): number => Number(parseDuration(text) ?? 0n) / 1e6;

const headers = z
  .strictObject({
    limit: z.string().min(1).default("RateLimit-Limit").describe("Header with the limit."),
    remaining: z.string().min(1).default("RateLimit-Remaining").describe("Header with what is left of it."),
    reset: z.string().min(1).default("RateLimit-Reset").describe("Header with the seconds until its window ends."),
  })
  .describe("Names of headers that tell of the tightest limit.");

/** Settings of the ratelimit adapter. */
export const config = z.strictObject({
  files: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .transform((files) => (typeof files === "string" ? [files] : files))
    .describe("Files of limits in the form of envoyproxy/ratelimit, and folders of which every .yaml file is one."),
  store: z.string().min(1).default("memory").describe("Where it counts: memory, or the name of a redis handler."),
  refresh: z
    .string()
    .refine((text) => milliseconds(text) >= 50, "expected a duration from 50ms on, such as 1s")
    .transform(milliseconds)
    .prefault("1s")
    .describe("How often the files are looked at for changes."),
  mergeDomains: z.boolean().default(false).describe("Let several files have limits of one domain."),
  shadowMode: z.boolean().default(false).describe("Count everything, refuse nothing."),
  quotaMode: z.boolean().default(false).describe("Take every limit for one with quota_mode."),
  nearLimitRatio: z.number().min(0).max(1).default(0.8).describe("From which share of a limit on near_limit counts."),
  keyPrefix: z.string().default("").describe("Stands before every key in the store."),
  metricPrefix: z
    .string()
    .regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/)
    .default("ratelimit_service")
    .describe("What its metrics begin with: of two handlers with the same, only the first has metrics."),
  responseHeaders: z
    .union([z.boolean(), headers])
    .transform((given) => (given === true ? headers.parse({}) : given === false ? undefined : given))
    .prefault(false)
    .describe("Tell the client of the tightest limit in headers: true, or with other names."),
  responseMetadata: z
    .boolean()
    .optional()
    .describe(
      "Give the request and the metadata of limits that let it pass back to the proxy; by default where a limit has metadata.",
    ),
});

/** Checked settings of the ratelimit adapter. */
export type RatelimitConfig = z.output<typeof config>;

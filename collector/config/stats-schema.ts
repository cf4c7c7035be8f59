import { z } from "zod";

const hour = 3600;
const day = 24 * hour;

const healthRule = z
  .strictObject({
    service: z.string().optional().describe("Name of the service; all, if absent."),
    namespace: z.string().optional().describe("Namespace of the service; all, if absent."),
    direction: z.enum(["inbound", "outbound"]).optional().describe("Calls into it or out of it; both, if absent."),
    codes: z
      .string()
      .regex(/^([1-5x][0-9x]{2}|grpc:([0-9]{1,2}|error|server)|none|tcp)$/)
      .describe("Which outcomes: 503, 5xx, 4xx, none (no response), grpc:14, grpc:server, grpc:error or tcp."),
    degraded: z.number().min(0).max(1).describe("Share from which it is degraded; 0 is any at all."),
    failing: z.number().min(0).max(1).describe("Share from which it is failing."),
  })
  .describe("How many of an outcome are too many; the first rule that fits an outcome counts it.");

const durationLimit = z
  .strictObject({
    service: z.string().optional().describe("Name of the service; all, if absent."),
    namespace: z.string().optional().describe("Namespace of the service; all, if absent."),
    percentile: z.union([z.literal(95), z.literal(99)]).describe("Which quantile."),
    limitMs: z.number().positive().describe("Degraded above this many milliseconds, failing above twice as many."),
  })
  .describe("A limit on durations.");

/** What users may set about health. */
export const healthConfig = z.strictObject({
  rules: z.array(healthRule).default([]).describe("Before the built-in rules."),
  durations: z.array(durationLimit).default([]).describe("Limits on durations; there are none by default."),
  fewRequests: z.int().nonnegative().default(10).describe("Fewer requests than this are too few to tell."),
});

const preferred = z
  .enum(["accesslog", "span"])
  .describe("Which counts where both tell of a service: access logs (and JSON reports), or spans.");

/** What users may set about sources. */
export const sourcesConfig = z.strictObject({
  prefer: preferred.default("accesslog"),
  services: z
    .array(
      z.strictObject({
        service: z.string().min(1).describe("Name of the service."),
        namespace: z.string().optional().describe("Namespace of the service; any, if absent."),
        prefer: preferred,
      }),
    )
    .default([])
    .describe("Services of which another source counts; the first that fits."),
});

/** The `stats` section of the configuration. */
export const statsConfig = z.strictObject({
  maxSeries: z
    .int()
    .min(100)
    .max(200_000)
    .default(20_000)
    .describe("Live series; what is beyond goes to overflow rows."),
  retention: z
    .strictObject({
      seconds10: z.int().min(300).default(hour).describe("Seconds that 10 s buckets are kept."),
      minutes: z
        .int()
        .min(3 * hour)
        .default(day)
        .describe("Seconds that 1 min buckets are kept."),
      hours: z
        .int()
        .min(day)
        .default(30 * day)
        .describe("Seconds that 1 h buckets are kept."),
    })
    .prefault({})
    .describe("How long buckets of each width are kept."),
  maxBytes: z
    .int()
    .min(16_777_216)
    .default(2_147_483_648)
    .describe("Size of the store from which the oldest buckets go before their age."),
  queryTimeoutMs: z.int().min(100).max(60_000).default(5000).describe("Longest that a query may take."),
  sources: sourcesConfig.prefault({}).describe("What counts where access logs and spans tell of the same requests."),
  health: healthConfig.prefault({}).describe("How health is judged."),
});

/** A checked `stats` section. */
export type StatsConfig = z.output<typeof statsConfig>;
/** A checked `stats.health` section. */
export type HealthLimits = z.output<typeof healthConfig>;
/** A checked `stats.sources` section. */
export type StatsSources = z.output<typeof sourcesConfig>;

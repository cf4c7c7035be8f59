import { z } from "zod";
import { parseDuration } from "../../schemas/model/time-text.ts";

const milliseconds = (text: string): number => Number(parseDuration(text) ?? Number.NaN) / 1e6;

/** A span of time as text; checked settings hold milliseconds. */
export const duration = (describe: string) =>
  z
    .string()
    .refine((text) => milliseconds(text) >= 0, "expected a duration such as 200ms, 30s or 5m")
    .transform(milliseconds)
    .describe(describe);

const durable = z.strictObject({
  fsync: z
    .enum(["always", "interval", "never"])
    .default("interval")
    .describe(
      "When what was written is made safe against a power cut: before it is acknowledged, every fsyncInterval, or when the system likes. A killed process loses nothing in any of them.",
    ),
  fsyncInterval: duration("How often, with fsync: interval.").prefault("1s"),
  maxBytes: z.int().min(1_048_576).default(10_737_418_240).describe("Most disk space for records not yet delivered."),
  segmentBytes: z.int().min(65_536).max(1_073_741_824).default(16_777_216).describe("Size of one file of the log."),
});

/** Settings of a handler's lane: how what rules send waits, is put together, and is tried again. */
export const laneSettings = {
  queue: z
    .strictObject({
      maxItems: z.int().positive().default(50_000).describe("Most instances that wait."),
      maxBytes: z.int().positive().default(67_108_864).describe("Most bytes of instances that wait."),
    })
    .prefault({})
    .describe("What waits in memory."),
  batch: z
    .strictObject({
      maxItems: z.int().positive().default(1000).describe("Most instances of one batch."),
      maxBytes: z.int().positive().default(1_000_000).describe("Most bytes of one batch, encoded, before compression."),
      maxAge: duration("How long an instance may wait for others.").prefault("1s"),
    })
    .prefault({})
    .describe("What is sent at once; the backend's own limits hold where they are lower."),
  retry: z
    .strictObject({
      initial: duration("Wait before the second attempt, on average; each wait doubles.").prefault("200ms"),
      max: duration("Longest wait between attempts.").prefault("30s"),
      maxElapsed: duration("Give a batch up after this long; 0s never. 5m by default, 0s where durable.").optional(),
    })
    .prefault({})
    .describe("Attempts after failures that may pass."),
  timeout: duration("How long one attempt may take.").prefault("10s"),
  concurrency: z
    .int()
    .positive()
    .max(256)
    .optional()
    .describe(
      "Most batches under way at once; how many of them are used follows the backend's round-trip time. 8 by default, 1 where durable; always 1 where order matters.",
    ),
  durable: z
    .union([z.boolean(), durable])
    .default(false)
    .describe("Keep what waits in a log on disk: it survives a restart, and senders are answered once it is written."),
  whenFull: z
    .enum(["drop_newest", "drop_oldest", "block"])
    .optional()
    .describe(
      "What happens to more than may wait: drop what comes, drop what waits longest, or make senders wait. drop_newest by default, block where durable.",
    ),
};

const written = z.strictObject(laneSettings);

/** Checked settings of a log on disk. */
export type DurableConfig = z.output<typeof durable>;
/** Checked settings of a lane; times in milliseconds. */
export type LaneConfig = Omit<z.output<typeof written>, "durable"> & { readonly durable: false | DurableConfig };

/** The settings of a log on disk for `durable: true`. */
export const durableDefaults: DurableConfig = durable.parse({});

/** The settings of a lane with the defaults of `durable: true` filled in. */
export function toLaneConfig(settings: z.output<typeof written>): LaneConfig {
  return { ...settings, durable: settings.durable === true ? durableDefaults : settings.durable };
}

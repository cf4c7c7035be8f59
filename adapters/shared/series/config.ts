import { z } from "zod";
import { parseDuration } from "../../../schemas/model/time-text.ts";

/** The most buckets a histogram may have, `+Inf` not counted. */
const maxBuckets = 500;
const count = z.int().positive().max(maxBuckets).describe("How many bounds.");

const buckets = z
  .union([
    z.array(z.number()).min(1).max(maxBuckets).describe("Upper bounds, ascending; +Inf is always added."),
    z.strictObject({
      linear: z
        .strictObject({
          start: z.number().describe("First bound."),
          width: z.number().positive().describe("Distance between bounds."),
          count,
        })
        .describe("Bounds at equal distances."),
    }),
    z.strictObject({
      exponential: z
        .strictObject({
          start: z.number().describe("First bound, above 0."),
          factor: z.number().gt(1).describe("What each bound is multiplied by to give the next."),
          count,
        })
        .describe("Bounds that grow by a factor."),
    }),
  ])
  .describe("Buckets of a histogram; by default Envoy's, or those for seconds where the unit is seconds.");

const metric = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Name of the metric; by default the instance's. A counter's _total is added or left out as the protocol has it.",
      ),
    kind: z.enum(["counter", "gauge", "histogram"]).default("counter").describe("What is made of the values."),
    help: z.string().optional().describe("One line of explanation for those who read the metric."),
    unit: z
      .string()
      .min(1)
      .optional()
      .describe("Unit of the values. Durations are converted to it (seconds by default). The name stays as it is."),
    buckets: buckets.optional(),
  })
  .describe("What one instance becomes.");

/** Settings of the series themselves, for the config of each adapter that keeps some. */
export const seriesSettings = {
  metrics: z
    .record(z.string(), metric)
    .default({})
    .describe("Metrics by instance. An instance without an entry becomes a counter of its name."),
  maxSeries: z
    .int()
    .positive()
    .max(1_000_000)
    .default(10_000)
    .describe("Series of one metric; what does not fit is summed up in one series otel_metric_overflow."),
  expiry: z.string().default("24h").describe("Forget a series after it was idle this long, for example 10m; 0 never."),
} as const;

const milliseconds = (text: string): number => Number(parseDuration(text) ?? Number.NaN) / 1e6;

/** The setting that says how often points are made of the series; checked settings hold milliseconds. */
export const intervalSetting = z
  .string()
  .refine((text) => milliseconds(text) >= 1000, "expected a duration of 1s or more, such as 15s or 1m")
  .transform(milliseconds)
  .describe("How often the series are read and sent, at least 1s.");

/** Those settings, checked and with the defaults filled in. */
export type SeriesConfig = z.output<z.ZodObject<typeof seriesSettings>>;
/** Settings of one metric. */
export type MetricConfig = z.output<typeof metric>;
/** Settings of a histogram's buckets. */
export type Buckets = z.output<typeof buckets>;

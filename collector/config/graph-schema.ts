import { z } from "zod";
import { duration } from "./lane-schema.ts";

/** The `graph` section of the configuration. */
export const graphConfig = z.strictObject({
  wait: duration("How long a span waits for that of the other side.").prefault("10s"),
  maxSpans: z
    .int()
    .min(100)
    .default(50_000)
    .describe("Most spans that wait; beyond it the oldest go, counted as dropped."),
  maxBytes: z.int().min(1_048_576).default(67_108_864).describe("Most memory for them, by an estimate from above."),
});

/** A checked `graph` section. */
export type GraphConfig = z.output<typeof graphConfig>;

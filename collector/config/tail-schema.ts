import { z } from "zod";
import { duration } from "./lane-schema.ts";
import { parseRate } from "./rate.ts";

/** So many in a time, of each service. */
export const perService = (what: string) =>
  z
    .string()
    .refine((text) => parseRate(text) !== undefined, "expected so many in a time, such as 100/1s or 5/m")
    .optional()
    .describe(`${what}: the rate follows what came in the seconds before, and each that is kept says at what rate.`);

/** Rules are told apart by bits. */
const maxRules = 30;

/** Which traces are kept, and how many of them. */
export const keepRule = z.strictObject({
  name: z
    .string()
    .regex(/^[^\s].{0,62}$/, "expected a name of up to 63 characters")
    .describe("Names the rule in metrics."),
  when: z
    .union([z.string(), z.boolean()])
    .optional()
    .describe(
      "An expression that must be true of one span of the trace. Without it, and without the next two, all traces fit.",
    ),
  minDuration: duration("From the start of the first span to the end of the last, at least so long.").optional(),
  minSpans: z.int().positive().optional().describe("At least so many spans."),
  rate: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe("The part of these traces that is kept: all by default, none with 0."),
  perService: perService("So many of these traces of each service (that of the root span), on average"),
});

/** How whole traces are sampled. */
export const tail = z
  .strictObject({
    quiet: duration("A trace is decided when none of its spans has come for so long.").prefault("10s"),
    quietAfterRoot: duration("The same where its root has come; as `quiet` by default.").optional(),
    longest: duration("And at the latest so long after its first span.").prefault("60s"),
    maxBytes: z
      .int()
      .min(1_048_576)
      .default(134_217_728)
      .describe("Most memory of spans that wait; beyond it the oldest traces are decided at once."),
    remember: z
      .int()
      .positive()
      .max(10_000_000)
      .default(100_000)
      .describe("Decisions remembered for spans that come late, some 100 bytes each."),
    keep: z
      .array(keepRule)
      .min(1)
      .max(maxRules)
      .describe(
        "The first that fits decides on a trace; those that none fits are left out. Where a span makes the outcome certain, the trace is decided at once.",
      ),
  })
  .describe(
    "Whole traces are kept or left out, by all that their spans say, in place of `sample`. Spans wait in memory for the decision on their trace.",
  );

import { z } from "zod";
import type { Decision } from "../../../schemas/model/decision.ts";
import { interval } from "./stats-answers.ts";

const count = z.int().nonnegative();
const amount = z.number().nonnegative();

const decision = z
  .strictObject({
    id: z.string().describe("The id that the proxy was given with the verdict."),
    time: z.string().describe("RFC 3339."),
    rule: z.string().describe("Name of the rule that decided; empty if none did."),
    revision: z.string().describe("Revision of the configuration that decided."),
    allowed: z.boolean(),
    code: count.describe("gRPC code; 0 where it is allowed."),
    status: count.describe("HTTP status; 200 where it is allowed."),
    message: z.string(),
    reasons: z
      .array(
        z.strictObject({
          rule: z.string(),
          outcome: z.enum(["deny", "pass", "error"]),
          shadow: z.boolean(),
          detail: z.string().optional().describe("Why it could not be evaluated."),
        }),
      )
      .describe("Every rule that applied, in order."),
    shadow: z
      .strictObject({ rule: z.string(), allowed: z.boolean() })
      .nullable()
      .describe("What shadow rules would have decided, if anything."),
    cache: z.enum(["hit", "miss", "off"]),
    durationMs: amount,
    limits: z
      .array(
        z.strictObject({
          rule: z.string(),
          limit: z.number(),
          remaining: z.number(),
          resetMs: z.number(),
          windowMs: z.number(),
          exceeded: z.boolean(),
        }),
      )
      .describe("What limits had to say."),
    attributes: z.record(z.string(), z.union([z.string(), z.number()])).describe("Who called what, as far as known."),
  })
  .meta({ id: "Decision", description: "One verdict of the policy." });

/** Answer of /decisions. */
export const decisionsAnswer = z.strictObject({
  decisions: z.array(decision),
  cursor: count.nullable().describe("Where to go on; null if that was all."),
});

/** Answer of /stats/decisions. */
export const decisionSumsAnswer = z.strictObject({
  interval,
  decisions: z.array(
    z
      .strictObject({
        labels: z.record(z.string(), z.string().nullable()).describe("Values of what `by` names."),
        decisions: count,
        rate: amount.describe("Decisions a second."),
        allowed: count,
        denied: count,
        shadowDenied: count.describe("Allowed ones that a shadow rule would have refused."),
        errors: count.describe("Those in which a rule could not be evaluated."),
        cacheHits: count,
        durationMs: z.strictObject({ mean: amount, max: amount }),
      })
      .meta({ id: "DecisionSums", description: "How often something was decided." }),
  ),
  truncated: z.boolean().describe("Whether there are more than `limit`."),
});

/** A decision as it is answered. */
export function toDecisionAnswer({
  timeMs,
  shadow,
  ...decision
}: Decision): z.input<typeof decisionsAnswer>["decisions"][number] {
  return {
    ...decision,
    time: new Date(timeMs).toISOString(),
    shadow: shadow ?? null,
    reasons: [...decision.reasons],
    limits: [...decision.limits],
  };
}

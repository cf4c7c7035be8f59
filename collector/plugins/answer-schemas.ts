import { z } from "zod";
import type { Answer } from "../../adapters/checker.ts";
import type { LimitAnswer } from "../../adapters/limiter.ts";
import { limitUnits, type RateLimitAnswer } from "../../schemas/model/rate-limit.ts";
import { isTimestamp, type Value } from "../../schemas/model/value.ts";

const isValue = (value: unknown): boolean =>
  ["string", "number", "bigint", "boolean"].includes(typeof value) || value instanceof Map || isTimestamp(value);

const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9a-z-]+$/i, "is no name for a header");
const headerValue = z.string().regex(/^[^\r\n\0]*$/, "is no value for a header: it has line feeds or NUL");

const headerChanges = z
  .array(
    z.discriminatedUnion("action", [
      z.strictObject({ action: z.enum(["add", "set", "append"]), name: headerName, value: headerValue }),
      z.strictObject({ action: z.literal("remove"), name: headerName }),
    ]),
  )
  .optional();

const changes = z
  .strictObject({
    upstream: headerChanges,
    client: headerChanges,
    query: z.array(z.strictObject({ name: z.string(), value: z.string().optional() })).optional(),
    metadata: z.record(z.string(), z.json()).optional(),
  })
  .optional();

const validity = {
  validForMs: z.custom<number>((ms) => typeof ms === "number" && ms >= 0, "expected a number from 0 on").optional(),
  holds: z.custom<() => boolean>((holds) => typeof holds === "function", "expected a function").optional(),
};

const answer = z.discriminatedUnion("verdict", [
  z.strictObject({
    verdict: z.literal("pass"),
    changes,
    attributes: z.record(z.string(), z.custom<Value>(isValue, "is no value of an attribute")).optional(),
    ...validity,
  }),
  z.strictObject({
    verdict: z.literal("deny"),
    denial: z.strictObject({
      status: z.int().min(400).max(599),
      code: z.int().min(1).max(16),
      message: z.string(),
      body: z.string().optional(),
    }),
    changes,
    ...validity,
  }),
  z.strictObject({ verdict: z.literal("error"), reason: z.string() }),
]);

const limitAnswer = z.strictObject({
  allowed: z.boolean(),
  remaining: z.number(),
  resetMs: z.number().min(0),
  retryAfterMs: z.number().min(0),
  refund: z.custom<() => void>((refund) => typeof refund === "function", "expected a function"),
});

const unit = z.enum([...(Object.keys(limitUnits) as (keyof typeof limitUnits)[]), "UNKNOWN"]);
const headerValues = z.array(z.strictObject({ name: headerName, value: headerValue }));

const rateLimitAnswer = z.strictObject({
  overLimit: z.boolean(),
  statuses: z.array(
    z.strictObject({
      overLimit: z.boolean(),
      limit: z.strictObject({ requestsPerUnit: z.int().min(0), unit, name: z.string() }).optional(),
      remaining: z.number().min(0),
      resetMs: z.number().min(0).optional(),
    }),
  ),
  responseHeaders: headerValues,
  requestHeaders: headerValues,
  body: z.string().optional(),
  metadata: z.record(z.string(), z.json()).optional(),
});

/** Reads what a plug-in gave where the hub expects something of this form; throws an error that says what is wrong with it. */
function reader<T>(schema: z.ZodType, what: string): (given: unknown, from: string) => T {
  return (given, from) => {
    const { success, data, error } = schema.safeParse(given);
    if (success) return data as T;
    const faults = error.issues.map(({ path, message }) => [...path.map(String), message].join(": "));
    throw new Error(`${from} gave no proper ${what}: ${faults.join("; ")}`);
  };
}

/** Reads the answer of a checker. */
export const readAnswer = reader<Answer>(answer, "answer");

/** Reads what a store says of a budget. */
export const readLimitAnswer = reader<LimitAnswer>(limitAnswer, "answer");

/** Reads the answer to a rate limit request. */
export const readRateLimitAnswer = reader<RateLimitAnswer>(rateLimitAnswer, "answer");

/** Reads the sum of a count. */
export const readSum = reader<number>(z.number(), "sum");

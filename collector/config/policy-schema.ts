import { z } from "zod";

/** Plain text, or an expression under `value`. */
const text = z
  .union([
    z.string(),
    z.number(),
    z.boolean(),
    z.strictObject({ value: z.string().describe("An expression over attributes.") }),
  ])
  .describe("Plain text, or { value: EXPRESSION }.");
const texts = z.record(z.string().min(1), text);

const changes = z
  .strictObject({
    set: texts.default({}).describe("Overwrites, or adds where there is none."),
    add: texts.default({}).describe("Adds another header of the name."),
    append: texts.default({}).describe("Joins to the value that is there, with a comma."),
    remove: z.array(z.string().min(1)).default([]).describe("Takes away."),
  })
  .describe("Changes of headers, by name.");

const headers = z
  .strictObject({
    upstream: changes.optional().describe("Of the request, where it is allowed."),
    client: changes.optional().describe("Of the answer to the client."),
  })
  .describe("Headers that change with the decision.");

/** gRPC codes by name, without OK. */
export const grpcCodes = {
  ...{ CANCELLED: 1, UNKNOWN: 2, INVALID_ARGUMENT: 3, DEADLINE_EXCEEDED: 4, NOT_FOUND: 5, ALREADY_EXISTS: 6 },
  ...{ PERMISSION_DENIED: 7, RESOURCE_EXHAUSTED: 8, FAILED_PRECONDITION: 9, ABORTED: 10, OUT_OF_RANGE: 11 },
  ...{ UNIMPLEMENTED: 12, INTERNAL: 13, UNAVAILABLE: 14, DATA_LOSS: 15, UNAUTHENTICATED: 16 },
} as const;

const deny = z
  .strictObject({
    status: z.int().min(300).max(599).optional().describe("HTTP status; by default what fits `code`, else 403."),
    code: z
      .union([z.int().min(1).max(16), z.enum(Object.keys(grpcCodes) as [keyof typeof grpcCodes])])
      .optional()
      .describe("gRPC code; by default what fits `status`."),
    message: text.optional().describe("For gRPC clients, the decision log, and as body where there is none."),
    body: text.optional().describe("Body of the answer."),
    headers: texts.optional().describe("Headers of the answer, by name."),
  })
  .describe("Refuses the request.");

const limit = z
  .strictObject({
    key: z
      .array(z.string())
      .default([])
      .describe("Expressions whose values tell budgets apart; by default there is one for all."),
    rate: text.optional().describe('How many in what time, such as "100/1m"; an expression may give it as text.'),
    burst: z.int().positive().optional().describe("How many at once, for gcra; by default as many as the rate says."),
    algorithm: z
      .enum(["gcra", "fixed", "sliding"])
      .default("gcra")
      .describe(
        "gcra spreads the budget evenly; fixed counts in windows that begin at round times; sliding weighs the last window in.",
      ),
    cost: z.union([z.string(), z.int()]).default(1).describe("What a request costs, an expression or a number."),
    concurrent: z.int().positive().optional().describe("Instead of a rate: how many requests at once."),
    maxAge: z.string().default("30s").describe("With concurrent: a request that does not end counts for this long."),
    store: z.string().default("memory").describe("Where budgets are kept: memory, or the name of a redis handler."),
    timeout: z.string().default("50ms").describe("How long the store may take; never longer than the asker waits."),
    status: z.int().min(400).max(599).default(429).describe("HTTP status of the refusal."),
  })
  .describe("Refuses what goes beyond a budget.");

const check = z
  .strictObject({
    handler: z.string().describe("Name of a handler whose adapter decides."),
    instance: z
      .string()
      .optional()
      .describe("Name of the instance that it is asked about, for adapters that take one."),
    timeout: z.string().default("50ms").describe("How long it may take; never longer than the asker waits."),
  })
  .describe("Asks a handler, and refuses if it does.");

/** The settings of a policy rule beside its name and its match. */
export const policySettings = {
  deny: deny.optional(),
  allow: z.literal(true).optional().describe("Allows the request, whatever later rules say."),
  limit: limit.optional(),
  check: check.optional(),
  headers: headers.optional(),
  metadata: texts.optional().describe("Given back to the proxy for its later filters and its access log, by name."),
  shadow: z.boolean().default(false).describe("Evaluate and record the rule, never enforce it."),
  onError: z
    .enum(["deny", "allow"])
    .default("deny")
    .describe("What it means that the rule cannot be evaluated: refuse, or let the rule pass."),
  priority: z.int().default(0).describe("Higher ones are tried first; equal ones in the order of the file."),
};

/** The keys of which a rule has exactly one. */
export const ruleKinds = ["actions", "deny", "allow", "limit", "check"] as const;

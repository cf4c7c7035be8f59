import { z } from "zod";
import type { Value } from "../../../schemas/model/value.ts";
import type { HeaderChange } from "../../../schemas/model/verdict.ts";
import { grpcCodeOf } from "../../config/check-policy.ts";
import type { Mocked } from "./offline-checkers.ts";

const headers = z.record(z.string(), z.string()).default({});

/** How a case says what a handler answers. */
export const answer = z.union([
  z.enum(["pass", "deny", "down", "late"]),
  z.strictObject({ pass: z.strictObject({ attributes: z.record(z.string(), z.json()).default({}), headers }) }),
  z.strictObject({
    deny: z.strictObject({
      status: z.int().min(400).max(599).default(403),
      code: z.int().min(1).max(16).optional(),
      message: z.string().default(""),
      body: z.string().optional(),
      headers,
    }),
  }),
]);

/** An answer as a case says it, for the policy. `read` brings attributes into their types. */
export function toMocked(
  told: z.output<typeof answer>,
  read: (attributes: Readonly<Record<string, z.core.util.JSONType>>) => Readonly<Record<string, Value>>,
): Mocked {
  if (told === "down" || told === "late") return told;
  if (told === "pass") return { verdict: "pass" };
  if (told !== "deny" && "pass" in told) {
    const { attributes, headers } = told.pass;
    return { verdict: "pass", attributes: read(attributes), changes: { upstream: settingAll(headers) } };
  }
  const { status, code, message, body, headers } = told === "deny" ? plainDenial : told.deny;
  const denial = { status, code: code ?? grpcCodeOf(status), message, ...(body === undefined ? {} : { body }) };
  return { verdict: "deny", denial, changes: { client: settingAll(headers) } };
}

const plainDenial = { status: 403, code: undefined, message: "", body: undefined, headers: {} };

const settingAll = (values: Readonly<Record<string, string>>): HeaderChange[] =>
  Object.entries(values).map(([name, value]) => ({ action: "set", name: name.toLowerCase(), value }));

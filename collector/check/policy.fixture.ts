import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Answer, OpenChecker } from "../../adapters/checker.ts";
import { defineChecker } from "../../adapters/checker.ts";
import { slotOf } from "../../schemas/attributes/vocabulary.ts";
import { AttributeRecord } from "../../schemas/model/record.ts";
import type { Value } from "../../schemas/model/value.ts";
import { loadConfig } from "../config/load.ts";
import { compile } from "../expr/compile.ts";
import { toLabelText } from "../rules/label-text.ts";
import { type CompilePolicyOptions, compilePolicy } from "./compile-policy.ts";
import { createDecisionCache } from "./decision-cache.ts";
import { createConcurrency } from "./limits/concurrency.ts";
import { createMemoryStore } from "./limits/memory-store.ts";
import { PendingRequest } from "./request.ts";

/** Attributes of a request by name. */
export type Attributes = Readonly<Partial<Record<Parameters<typeof slotOf>[0], Value>>>;

/** A checker that answers what its handler is named after. */
const scripted = defineChecker({
  type: "scripted",
  summary: "Answers as told.",
  config: z.strictObject({}),
  instance: "none",
  reads: () => [],
  open: async () => ({ check: () => ({ verdict: "pass" }), async close() {} }),
});

/** A policy of these rules (YAML), with checkers by handler, on a clock that stands still. */
export function policyOf(
  rules: string,
  checkers: Readonly<Record<string, OpenChecker["check"]>> = {},
  options: Partial<CompilePolicyOptions> = {},
) {
  const handlers = Object.keys(checkers).map((name) => `  ${name}: { adapter: scripted }\n`);
  const text = `${handlers.length === 0 ? "" : `handlers:\n${handlers.join("")}`}rules:\n${rules}`;
  const loaded = loadConfig(["policy.yaml"], {
    env: {},
    adapters: [scripted],
    compile,
    readFile: (path) => (path === "policy.yaml" ? text : readFileSync(path, "utf8")),
  });
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join("\n"));
  const { vocabulary, policy: checked } = loaded.checked;
  const clock = { nowMs: 1_000_000 };
  const now = () => clock.nowMs;
  let ids = 0;
  const policy = compilePolicy({
    ...{ rules: checked, vocabulary, revision: "r1", instances: new Map() },
    checkers: new Map(Object.entries(checkers).map(([name, check]) => [name, { check, close: async () => {} }])),
    stores: new Map([["memory", createMemoryStore({ maxKeys: 1000, now })]]),
    concurrency: createConcurrency({ maxPlaces: 1000, now }),
    cache: createDecisionCache(100, now),
    toText: toLabelText,
    now,
    after: (ms, callback) => {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    newId: () => String(++ids),
    onFault() {},
    ...options,
  });
  const requestOf = (attributes: Attributes): PendingRequest => {
    const record = new AttributeRecord(vocabulary.attributes.length);
    for (const [name, value] of Object.entries(attributes)) record.values[slotOf(name as "request.id")] = value;
    return new PendingRequest(record, now() + 1000, () => undefined);
  };
  return {
    clock,
    check: async (attributes: Attributes = {}, byDefault: "allow" | "deny" = "allow") =>
      policy.check(requestOf(attributes), byDefault),
  };
}

/** A refusal by a checker. */
export const refusal: Answer = { verdict: "deny", denial: { status: 403, code: 7, message: "not you" } };

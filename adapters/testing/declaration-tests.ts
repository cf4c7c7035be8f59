import assert from "node:assert/strict";
import { parse } from "yaml";
import { z } from "zod";
import type { Template } from "../../schemas/model/instance.ts";
import type { Adapter } from "../adapter.ts";
import type { ContractOptions, ContractTest } from "./options.ts";

/** What an adapter says about itself. */
export function declarationTests<T extends Template, S extends z.ZodType>(
  adapter: Adapter<T, S>,
  { params, instances, readme, writtenAs = adapter.type }: ContractOptions<T>,
): ContractTest[] {
  const tests: ContractTest[] = [
    {
      name: "has a name and a summary of one sentence",
      async run() {
        assert.match(adapter.type, /^[a-z][a-z0-9-]*$/);
        assert.match(adapter.summary, /^[A-Z].*[^.]\.$/s);
        assert.ok(adapter.accepts.length > 0 || adapter.checks !== undefined, "accepts no template");
      },
    },
    {
      name: "describes every setting",
      async run() {
        const schema = z.toJSONSchema(adapter.config, { io: "input" }) as { properties?: Record<string, object> };
        for (const [name, property] of Object.entries(schema.properties ?? {}))
          assert.ok("description" in property, `the setting ${name} has no .describe("...")`);
      },
    },
    {
      name: "refuses settings it does not know",
      async run() {
        const { success } = adapter.config.safeParse({ ...(params as object), noSuchSetting: 1 });
        assert.ok(!success, "takes the unknown setting noSuchSetting: is the schema a z.strictObject?");
      },
    },
    {
      name: "finds nothing wrong with settings that work",
      async run() {
        assert.deepEqual(adapter.validate?.(adapter.config.parse(params), instances) ?? [], []);
      },
    },
  ];
  if (readme === undefined) return tests;
  const isValid = {
    name: "has a README whose configuration is valid",
    run: async () => hasConfig(adapter, readme, writtenAs),
  };
  return [...tests, isValid];
}

function hasConfig(adapter: Pick<Adapter, "config">, readme: string, writtenAs: string): void {
  const [, block = ""] = /```yaml\n(.*?)```/s.exec(readme) ?? [];
  const handlers: Record<string, { adapter: string; params?: unknown }> = parse(block)?.handlers ?? {};
  const own = Object.values(handlers).filter((handler) => handler.adapter === writtenAs);
  assert.ok(own.length > 0, `the first yaml block of the README has no handler with "adapter: ${writtenAs}"`);
  for (const { params = {} } of own) assert.deepEqual(adapter.config.safeParse(params).error?.issues ?? [], []);
}

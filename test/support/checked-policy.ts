import { readFileSync } from "node:fs";
import type { Host } from "../../adapters/adapter.ts";
import { inventory } from "../../adapters/inventory.ts";
import type { LimitStore } from "../../adapters/limiter.ts";
import { fakeHost } from "../../adapters/testing/fake-host.ts";
import { createConcurrency } from "../../collector/check/limits/concurrency.ts";
import { createMemoryStore } from "../../collector/check/limits/memory-store.ts";
import { PendingRequest } from "../../collector/check/request.ts";
import { loadConfig } from "../../collector/config/load.ts";
import { formatProblem } from "../../collector/config/problem.ts";
import { compile } from "../../collector/expr/compile.ts";
import { createIntakeState } from "../../collector/intake-state.ts";
import { createPlan } from "../../collector/plan.ts";
import type { Json } from "../../schemas/model/access-log.ts";
import { AttributeRecord } from "../../schemas/model/record.ts";

/** A whole configuration (YAML), checked; throws with all that is wrong with it. */
function checkedConfig(text: string, adapters: typeof inventory) {
  const loaded = loadConfig(["policy.yaml"], {
    env: {},
    adapters: [...inventory, ...adapters],
    compile,
    readFile: (path) => (path === "policy.yaml" ? text : readFileSync(path, "utf8")),
  });
  if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join("\n"));
  return loaded.checked;
}

/** Decides by the policy of a whole configuration (YAML), whose handlers are open, without a hub around it. */
export async function policyOfConfig(text: string, options: Partial<Host> = {}, adapters: typeof inventory = []) {
  const checked = checkedConfig(text, adapters);
  const host = fakeHost([], { now: Date.now, ...options });
  const faults: unknown[] = [];
  const asked = [...checked.handlers.values()].flatMap(({ name, adapter, params }) =>
    adapter.checks === undefined ? [] : [{ name, open: adapter.checks.open(params, host) }],
  );
  const checkers = new Map(await Promise.all(asked.map(async ({ name, open }) => [name, await open] as const)));
  const memory = createMemoryStore({ maxKeys: 1000, now: Date.now });
  const kept = [...checked.handlers.values()].flatMap(({ name, adapter, params }) =>
    adapter.stores === undefined ? [] : [{ name, open: adapter.stores.open(params, host, memory) }],
  );
  const stores = new Map(await Promise.all(kept.map(async ({ name, open }) => [name, await open] as const)));
  const now = () => performance.now();
  const { checks } = createPlan(checked, new Map(), createIntakeState(Date.now), {
    ...{ checkers, limiters: new Map(), concurrency: createConcurrency({ maxPlaces: 1000, now }) },
    stores: new Map<string, LimitStore>([["memory", memory], ...stores]),
    clock: {
      now,
      after(ms, callback) {
        const timer = setTimeout(callback, ms);
        return () => clearTimeout(timer);
      },
    },
    onFault: (_, error) => faults.push(error),
  });
  return {
    faults,
    /** The verdict on a request of these attributes. `raw`: as the proxy sent it. */
    async check(attributes: Json, raw?: Json) {
      const record = new AttributeRecord(checked.vocabulary.attributes.length, checks.projection.slots);
      const problem = checks.normalize({ kind: "report", value: attributes }, record);
      if (problem !== undefined) throw new Error(JSON.stringify(problem));
      return checks.policy.check(new PendingRequest(record, now() + 1_000, () => raw), "allow");
    },
    async close() {
      await Promise.all([...checkers.values(), ...stores.values()].map((open) => open.close()));
    },
  };
}

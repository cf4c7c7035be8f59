import type { Host } from "../../../adapters/adapter.ts";
import type { OpenChecker } from "../../../adapters/checker.ts";
import type { Json } from "../../../schemas/model/access-log.ts";
import { AttributeRecord } from "../../../schemas/model/record.ts";
import type { Verdict } from "../../../schemas/model/verdict.ts";
import { createConcurrency } from "../../check/limits/concurrency.ts";
import { createMemoryStore } from "../../check/limits/memory-store.ts";
import { PendingRequest } from "../../check/request.ts";
import type { CheckedConfig, CheckedHandler } from "../../config/checked.ts";
import { systemClock } from "../../dispatch/clock.ts";
import { HubError } from "../../errors.ts";
import { createChecks, createIntakeState } from "../../plan.ts";
import type { CommandIo } from "../command.ts";

/** The policy of a configuration without a hub around it. */
export interface OfflinePolicy {
  /** Decides on a request, `times` in a row with whole budgets to begin with, and gives the last verdict. Throws a HubError for attributes that are none. */
  decide(attributes: Json, byDefault: "allow" | "deny", times?: number): Promise<Verdict>;
  close(): Promise<void>;
}

/** How long a decision may take. */
const WAITS_MS = 10_000;
const MAX_BUDGETS = 10_000;

/** Opens the adapters that policy rules ask, and nothing else. Budgets are kept in memory, whatever the configuration says. */
export async function openOfflinePolicy(checked: CheckedConfig, io: CommandIo): Promise<OfflinePolicy> {
  const checkers = await openCheckers(checked, io);
  const clock = systemClock(() => performance.now());
  const state = createIntakeState(Date.now);
  const startMs = Date.now();

  const fresh = () => {
    // Time stands still for budgets, so that the last of some requests in a row comes out the same on any machine.
    const store = createMemoryStore({ maxKeys: MAX_BUDGETS, now: () => startMs });
    return createChecks(
      checked,
      {
        ...{ checkers, clock, limiters: new Map() },
        stores: new Map(["memory", ...checked.handlers.keys()].map((name) => [name, store])),
        concurrency: createConcurrency({ maxPlaces: MAX_BUDGETS, now: () => startMs }),
        onFault: (handler, error) => io.stderr.write(`${handler} threw, which is a fault of its adapter: ${error}\n`),
      },
      state,
    );
  };

  return {
    async decide(attributes, byDefault, times = 1) {
      const { policy, normalize, projection } = fresh();
      const ask = () => {
        const record = new AttributeRecord(checked.vocabulary.attributes.length, projection.slots);
        const problem = normalize({ kind: "report", value: attributes }, record);
        if (problem !== undefined) throw new HubError("CONFIG_INVALID", `attributes: ${problem.error}`);
        return policy.check(new PendingRequest(record, clock.now() + WAITS_MS, () => undefined), byDefault);
      };
      for (let time = 1; time < times; time++) await ask();
      return ask();
    },
    async close() {
      await Promise.all([...checkers.values()].map((checker) => checker.close()));
    },
  };
}

async function openCheckers(checked: CheckedConfig, io: CommandIo): Promise<Map<string, OpenChecker>> {
  const asked = new Set(checked.policy.flatMap(({ policy }) => (policy.kind === "check" ? [policy.handler] : [])));
  const checkers = new Map<string, OpenChecker>();
  for (const name of asked) {
    const handler = checked.handlers.get(name);
    const { checks } = handler?.adapter ?? {};
    if (handler !== undefined && checks !== undefined)
      checkers.set(name, await checks.open(handler.params as never, hostOf(handler, io)));
  }
  return checkers;
}

function hostOf({ name, instances, lane }: CheckedHandler, { stderr }: CommandIo): Host {
  const say = (_fields: object, message: string) => void stderr.write(`${name}: ${message}\n`);
  return {
    ...{ handler: name, instances, timeoutMs: lane.timeout, now: Date.now, fetch },
    log: { info() {}, warn: say, error: say },
    count() {},
    exposeMetrics: async () => async () => {},
  };
}

import type { Answer, OpenChecker } from "../../../adapters/checker.ts";
import type { LimitStore, OpenLimiter } from "../../../adapters/limiter.ts";
import type { CheckedConfig } from "../../config/checked.ts";
import type { CommandIo } from "../command.ts";
import { offlineHost } from "./offline-host.ts";

/** What stands for a handler in a case: an answer, `down` where it cannot be asked, `late` where it never answers. */
export type Mocked = Answer | "down" | "late";

/** The handlers that policy rules ask. */
export function askedHandlers({ policy }: CheckedConfig): ReadonlySet<string> {
  return new Set(policy.flatMap(({ policy: rule }) => (rule.kind === "check" ? [rule.handler] : [])));
}

/** Opens the checkers of these handlers. */
export async function openCheckers(
  { handlers }: CheckedConfig,
  names: Iterable<string>,
  io: CommandIo,
): Promise<ReadonlyMap<string, OpenChecker>> {
  const checkers = new Map<string, OpenChecker>();
  for (const name of names) {
    const handler = handlers.get(name);
    const checks = handler?.adapter.checks;
    if (handler !== undefined && checks !== undefined)
      checkers.set(name, await checks.open(handler.params, offlineHost(handler, io)));
  }
  return checkers;
}

/** Opens the handlers that answer rate limit requests, with the names of the stores that they count in. */
export async function openLimiters(
  { handlers }: CheckedConfig,
  now: () => number,
  io: CommandIo,
): Promise<ReadonlyMap<string, { readonly limiter: OpenLimiter; readonly store: string }>> {
  const limiters = new Map<string, { limiter: OpenLimiter; store: string }>();
  for (const handler of handlers.values()) {
    const { rateLimits } = handler.adapter;
    if (rateLimits === undefined) continue;
    const limiter = await rateLimits.open(handler.params, { ...offlineHost(handler, io), now });
    limiters.set(handler.name, { limiter, store: rateLimits.store(handler.params) });
  }
  return limiters;
}

/** A checker that answers as told, whatever it is asked. */
export function mockedChecker(mocked: Mocked): OpenChecker {
  const answer: Answer | undefined =
    mocked === "down" ? { verdict: "error", reason: "it is down" } : mocked === "late" ? undefined : mocked;
  return { check: () => answer ?? new Promise<Answer>(() => {}), async close() {} };
}

/** A store that cannot be asked. */
export function mockedStore(mocked: "down" | "late"): LimitStore {
  const fail = (): Promise<never> =>
    mocked === "down" ? Promise.reject(new Error("it is down")) : new Promise(() => {});
  return { take: fail, count: fail };
}

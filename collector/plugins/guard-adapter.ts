import type { Adapter, Aggregator, ConfigProblem, Host, Outlet } from "../../adapters/adapter.ts";
import { deepFreeze } from "../../schemas/model/deep-freeze.ts";
import { errorText } from "../../schemas/model/error-text.ts";
import type { Template } from "../../schemas/model/instance.ts";
import { guardAggregator } from "./guard-aggregator.ts";
import { guardChecks } from "./guard-checks.ts";
import { guardRateLimits, guardStores } from "./guard-limits.ts";
import { guardOutlet } from "./guard-outlet.ts";
import { guardHost, toGuardedHost } from "./guarded-host.ts";
import { textsFrom } from "./needed.ts";

/**
 * Stands between the hub and an adapter that the hub does not know: what it gives is checked before the hub uses it, and
 * what it gets cannot be changed under the other handlers that have it, too.
 */
export function guardAdapter(adapter: Adapter): Adapter {
  const { type, summary, accepts, config, ordered, reads, validate, limits, tupleBudget, endpoints } = adapter;
  const { checks, rateLimits, stores } = adapter;
  const from = `the adapter ${type}`;
  return {
    ...{ type, summary, accepts: [...accepts], config, ordered, reads: [...(reads ?? [])] },
    async open(settings, host) {
      return guardOpened(await adapter.open(settings, guardHost(host)), type, host);
    },
    ...(validate && {
      validate: (settings, sent) => problemsOf(validate.call(adapter, settings, deepFreeze([...sent]))),
    }),
    ...(limits && { limits: (settings) => limitsOf(limits.call(adapter, settings)) }),
    ...(tupleBudget && { tupleBudget: (settings) => budgetOf(() => tupleBudget.call(adapter, settings)) }),
    ...(endpoints && {
      endpoints: (settings) => textsFrom(endpoints.call(adapter, settings), `"endpoints" of ${from}`),
    }),
    ...(checks && { checks: guardChecks(checks, from) }),
    ...(rateLimits && { rateLimits: guardRateLimits(rateLimits, from) }),
    ...(stores && { stores: guardStores(stores, from) }),
  };
}

type Opened = Outlet<Template> | Aggregator<Template>;

function guardOpened(opened: unknown, type: string, host: Host): Opened {
  const found = typeof opened === "object" && opened !== null ? (opened as Partial<Record<string, unknown>>) : {};
  const has = (member: string) => typeof found[member] === "function";
  if (!has("close") || has("deliver") === has("record"))
    throw new Error(
      `"open" of the adapter ${type} gave ${opened === null ? "null" : typeof opened} without the functions it needs: either "deliver" or "record", and "close"`,
    );
  return has("record")
    ? guardAggregator(opened as Aggregator<Template>, toGuardedHost(host))
    : guardOutlet(opened as Outlet<Template>, toGuardedHost(host));
}

/** What its own checks found, in the form that the hub expects. */
function problemsOf(found: unknown): ConfigProblem[] {
  if (found === undefined) return [];
  if (!Array.isArray(found)) throw new Error(`"validate" gave ${typeof found} instead of a list of problems`);
  return found.map((problem: Partial<ConfigProblem> | undefined) => ({
    path: Array.isArray(problem?.path) ? problem.path : [],
    message: typeof problem?.message === "string" ? problem.message : errorText(problem),
  }));
}

/** A whole number that can bound something. */
function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && value >= 1 ? Math.floor(value) : undefined;
}

/** Asked for while the hub compiles its rules, where nothing may throw. */
function budgetOf(ask: () => unknown): number {
  try {
    return numberOf(ask()) ?? 0;
  } catch {
    return 0;
  }
}

function limitsOf(given: unknown): { maxItems?: number; maxBytes?: number } {
  const { maxItems, maxBytes } = (given ?? {}) as Partial<Record<string, unknown>>;
  const items = numberOf(maxItems);
  const bytes = numberOf(maxBytes);
  return { ...(items === undefined ? {} : { maxItems: items }), ...(bytes === undefined ? {} : { maxBytes: bytes }) };
}

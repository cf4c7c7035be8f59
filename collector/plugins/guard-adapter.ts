import type { Adapter, Aggregator, Host, Outlet } from "../../adapters/adapter.ts";
import type { Template } from "../../schemas/model/instance.ts";
import { guardAggregator } from "./guard-aggregator.ts";
import { guardOutlet } from "./guard-outlet.ts";
import { hostWithSafePages, toGuardedHost } from "./guarded-host.ts";

/**
 * Stands between the hub and an adapter that the hub does not know: what it gives is checked before the hub uses it, and
 * what it gets cannot be changed under the other handlers that have it, too.
 */
export function guardAdapter(adapter: Adapter): Adapter {
  const { limits, tupleBudget } = adapter;
  return {
    ...adapter,
    async open(config, host) {
      return guardOpened(await adapter.open(config, hostWithSafePages(host)), adapter.type, host);
    },
    ...(limits === undefined ? {} : { limits: (config) => limitsOf(limits.call(adapter, config)) }),
    ...(tupleBudget === undefined
      ? {}
      : { tupleBudget: (config) => Math.max(0, numberOf(tupleBudget.call(adapter, config)) ?? 0) }),
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

/** A whole number that can bound something. */
function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && value >= 1 ? Math.floor(value) : undefined;
}

function limitsOf(given: unknown): { maxItems?: number; maxBytes?: number } {
  const { maxItems, maxBytes } = (given ?? {}) as Partial<Record<string, unknown>>;
  const items = numberOf(maxItems);
  const bytes = numberOf(maxBytes);
  return { ...(items === undefined ? {} : { maxItems: items }), ...(bytes === undefined ? {} : { maxBytes: bytes }) };
}

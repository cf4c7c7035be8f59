import type { AdapterLog, Host, MetricsSource } from "../../adapters/adapter.ts";
import { deepFreeze } from "../../schemas/model/deep-freeze.ts";
import { errorText } from "../../schemas/model/error-text.ts";

/** The host as guards use it. */
export interface GuardedHost {
  readonly log: AdapterLog;
  /** Counts an instance that the adapter failed over. */
  drop(): void;
}

/** The part of a host that guards use. */
export function toGuardedHost(host: Host): GuardedHost {
  return { log: host.log, drop: () => host.count("dropped", { reason: "adapter_fault" }, 1) };
}

/** A host for an adapter that the hub does not know: sources that fail show nothing instead of failing the page, and what is counted is bounded. */
export function guardHost(host: Host): Host {
  const count = boundedCount(host);
  const instances = deepFreeze([...host.instances]);
  return {
    ...host,
    count,
    instances,
    exposeMetrics: (source, address) => host.exposeMetrics(safeSource(source, host.log), address),
  };
}

/** Label combinations that one handler may count under; the rest is counted without labels. */
const MAX_COUNTED = 100;
const counters: readonly string[] = ["overflow", "expired", "dropped"] satisfies Parameters<Host["count"]>[0][];

function boundedCount(host: Host): Host["count"] {
  const seen = new Set<string>();
  return (name, labels, value) => {
    if (!counters.includes(name) || !(value > 0 && Number.isFinite(value)))
      return host.log.error({ name, value }, `"count" takes ${counters.join(", ")}, labels, and a number above 0`);
    const texts = Object.fromEntries(Object.entries(labels ?? {}).map(([label, text]) => [label, String(text)]));
    const key = `${name} ${JSON.stringify(texts)}`;
    if (seen.size < MAX_COUNTED) seen.add(key);
    host.count(name, seen.has(key) ? texts : {}, value);
  };
}

function safeSource(source: MetricsSource, log: AdapterLog): MetricsSource {
  const failed = (error: unknown) => log.error({ reason: errorText(error) }, "the adapter failed to show its metrics");
  return {
    async families(format) {
      try {
        const families = await source.families(format);
        return families.map((family) => ({ ...family, samples: () => safeSamples(() => family.samples(), failed) }));
      } catch (error) {
        failed(error);
        return [];
      }
    },
  };
}

function* safeSamples(samples: () => Iterable<string>, failed: (error: unknown) => void): Iterable<string> {
  try {
    yield* samples();
  } catch (error) {
    failed(error);
  }
}

/** Closes what an adapter opened; that it failed to close is only said. */
export async function closeQuietly(opened: { close(): Promise<void> }, log: AdapterLog): Promise<void> {
  try {
    await opened.close();
  } catch (error) {
    log.error({ reason: errorText(error) }, "the adapter failed to close");
  }
}

import type { AdapterLog, Host, MetricsSource } from "../../adapters/adapter.ts";
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

/** A host on whose pages a source that fails shows nothing, instead of failing the page. */
export function hostWithSafePages(host: Host): Host {
  return { ...host, exposeMetrics: (source, address) => host.exposeMetrics(safeSource(source, host.log), address) };
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

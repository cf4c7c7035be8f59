import type { AdapterLog, Deliverable, Outlet, Sums } from "../../adapters/adapter.ts";
import { deepFreeze } from "../../schemas/model/deep-freeze.ts";
import { errorText } from "../../schemas/model/error-text.ts";
import type { PointInstance, Template } from "../../schemas/model/instance.ts";
import { closeQuietly, type GuardedHost } from "./guarded-host.ts";

/** An outlet whose faults are those of its own lane, and which cannot change what it is given. */
export function guardOutlet(outlet: Outlet<Template>, host: GuardedHost): Outlet<Template> {
  const { sizeOf, sums } = outlet;
  return {
    async deliver(batch, signal) {
      try {
        return await outlet.deliver(deepFreeze(batch), signal);
      } catch (error) {
        throw error instanceof Error ? error : new Error(errorText(error));
      }
    },
    ...(sizeOf === undefined ? {} : { sizeOf: (instance) => sizeIn(outlet, deepFreeze(instance), host.log) }),
    ...(sums === undefined ? {} : { sums: guardSums(sums, host) }),
    close: () => closeQuietly(outlet, host.log),
  };
}

/** Without a usable answer, the length of the instance's JSON. */
function sizeIn(outlet: Outlet<Template>, instance: Deliverable<Template>, log: AdapterLog): number {
  try {
    const size: unknown = outlet.sizeOf?.(instance);
    if (typeof size === "number" && size >= 0 && Number.isFinite(size)) return size;
    log.error({ answer: String(size) }, '"sizeOf" of the adapter gave no size');
  } catch (error) {
    log.error({ reason: errorText(error) }, '"sizeOf" of the adapter threw');
  }
  return JSON.stringify(instance).length;
}

/** The hub calls these outside of any delivery: an instance whose recording throws is dropped and counted, and a harvest that throws is empty. */
function guardSums(sums: Sums, { log, drop }: GuardedHost): Sums {
  const intervalMs: unknown = sums.intervalMs;
  if (typeof intervalMs !== "number" || !(intervalMs >= 100))
    throw new Error(`"sums.intervalMs" of the adapter is ${String(intervalMs)}: it must be a number from 100 on`);
  return {
    intervalMs,
    record(instance) {
      try {
        sums.record(deepFreeze(instance));
      } catch (error) {
        drop();
        log.error({ reason: errorText(error) }, '"sums.record" of the adapter threw; the instance is lost');
      }
    },
    harvest(isLast) {
      try {
        const points: unknown = sums.harvest(isLast);
        if (Array.isArray(points) && points.every(isPoint)) return points;
        log.error({}, '"sums.harvest" of the adapter gave no list of points');
      } catch (error) {
        log.error({ reason: errorText(error) }, '"sums.harvest" of the adapter threw');
      }
      return [];
    },
  };
}

/** As far as the hub itself reads one: `records` goes into the ledger. */
function isPoint(given: unknown): given is PointInstance {
  const { template, records } = (given ?? {}) as Partial<PointInstance>;
  return template === "point" && Number.isSafeInteger(records) && (records as number) >= 0;
}

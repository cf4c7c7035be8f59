import type { Aggregator } from "../../adapters/adapter.ts";
import type { Template } from "../../schemas/model/instance.ts";
import type { Clock } from "./clock.ts";
import { closeInTime } from "./in-time.ts";
import { itemsIn } from "./item.ts";
import type { Lane, LaneEvents } from "./lane.ts";
import type { Ledger } from "./ledger.ts";

/** The lane of an adapter that aggregates in process: no queue, each instance is recorded at once. */
export function createDirectLane(
  handler: string,
  aggregator: Aggregator<Template>,
  { ledger, events, clock }: { readonly ledger: Ledger; readonly events: LaneEvents; readonly clock: Clock },
): Lane {
  return {
    handler,
    record: () => void ledger.records++,
    offer(instance) {
      const items = itemsIn(instance);
      ledger.received += items;
      ledger.delivered += items;
      try {
        aggregator.record(instance);
      } catch (error) {
        ledger.delivered -= items;
        ledger.drop("adapter_fault", items);
        events.fault(handler, error);
      }
    },
    isFull: false,
    kept: () => undefined,
    adapterDropped(reason, count) {
      ledger.delivered -= count;
      ledger.drop(reason, count);
    },
    state: () => ({
      queued: { items: 0, bytes: 0 },
      underWay: 0,
      pending: 0,
      oldestMs: undefined,
      breaker: "closed",
      concurrency: 1,
    }),
    close: () => closeInTime(aggregator, clock, (error) => events.fault(handler, error)),
  };
}

import type { Aggregator } from "../../adapters/adapter.ts";
import type { Template } from "../../schemas/model/instance.ts";
import type { Lane } from "./lane.ts";

/** What the hub wants to know of a direct lane. */
export interface DirectLaneEvents {
  /** The adapter threw, which is a fault of the adapter; the instance is lost. */
  failed(handler: string, error: unknown): void;
}

/** The lane of an adapter that aggregates in process: no queue, each instance is recorded at once. */
export function createDirectLane(handler: string, aggregator: Aggregator<Template>, events: DirectLaneEvents): Lane {
  return {
    handler,
    offer(instance) {
      try {
        aggregator.record(instance);
      } catch (error) {
        events.failed(handler, error);
      }
    },
  };
}

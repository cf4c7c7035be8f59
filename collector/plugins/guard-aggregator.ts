import type { Aggregator } from "../../adapters/adapter.ts";
import { deepFreeze } from "../../schemas/model/deep-freeze.ts";
import { errorText } from "../../schemas/model/error-text.ts";
import type { Template } from "../../schemas/model/instance.ts";
import { closeQuietly, type GuardedHost } from "./guarded-host.ts";

/** An aggregator that cannot change what it is given; its faults are told as errors. */
export function guardAggregator(aggregator: Aggregator<Template>, { log }: GuardedHost): Aggregator<Template> {
  const { reconfigure } = aggregator;
  return {
    record(instance) {
      try {
        aggregator.record(deepFreeze(instance));
      } catch (error) {
        throw error instanceof Error ? error : new Error(errorText(error));
      }
    },
    ...(reconfigure === undefined
      ? {}
      : {
          async reconfigure(config, instances) {
            await reconfigure.call(aggregator, config, deepFreeze([...instances]));
          },
        }),
    close: () => closeQuietly(aggregator, log),
  };
}

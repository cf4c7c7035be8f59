import { z } from "zod";
import type { Instance } from "../../schemas/model/instance.ts";
import { fakeOutlet } from "../../test/support/fake-outlet.ts";
import { manualClock } from "../../test/support/manual-clock.ts";
import { type LaneConfig, laneSettings, toLaneConfig } from "../config/lane-schema.ts";
import type { Item } from "./item.ts";
import { recordsIn } from "./item.ts";
import { Ledger } from "./ledger.ts";
import { createMemoryBacklog } from "./memory-backlog.ts";
import { createOutletLane, type OutletLaneOptions } from "./outlet-lane.ts";

/** Settings of a lane as a user would write them. */
export const laneConfig = (settings: z.input<z.ZodObject<typeof laneSettings>> = {}): LaneConfig =>
  toLaneConfig(z.strictObject(laneSettings).parse(settings));

/** A lane with a queue in memory to a fake outlet, on a clock that is moved by hand, with everything around it in view. */
export function openLane(settings: Parameters<typeof laneConfig>[0] = {}, options: Partial<OutletLaneOptions> = {}) {
  const config = laneConfig(settings);
  const clock = manualClock();
  const ledger = new Ledger();
  const outlet = fakeOutlet();
  const buried: { readonly item: Item; readonly reason: string; readonly attempts: number }[] = [];
  const faults: unknown[] = [];
  const lane = createOutletLane({
    handler: "test",
    config,
    adapter: {},
    params: {},
    outlet,
    ledger,
    clock,
    events: { fault: (_, error) => void faults.push(error), failedAttempt() {} },
    openBacklog: ({ onChange, sizeOf }) =>
      createMemoryBacklog({
        ...{ limits: config.queue, whenFull: config.whenFull ?? "drop_newest", ledger, onChange, sizeOf },
        now: clock.now,
      }),
    bury(items, reason, attempts) {
      ledger.deadLettered += recordsIn(items);
      buried.push(...items.map((item) => ({ item, reason, attempts })));
      return undefined;
    },
    random: () => 0.5,
    ...options,
  });
  return {
    ...{ lane, outlet, ledger, clock, buried, faults },
    offer(...instances: readonly Instance[]) {
      for (const instance of instances) lane.offer(instance);
    },
    /** What the ledger and the lane say became of everything; equal to `received` if nothing is lost. */
    accounted: () =>
      ledger.delivered + ledger.droppedInAll + ledger.deadLettered + lane.state().pending - ledger.recovered,
  };
}

import { slotOf } from "../../../schemas/attributes/vocabulary.ts";
import type { Expression, Slots } from "../../expr/expression.ts";
import { toRate } from "../sampler.ts";
import { type PerService, ServiceRates } from "./service-rates.ts";

/** Which spans are kept as they come: by an expression, or so many of each service. */
export interface HeadSettings {
  /** The rate at which spans are kept, or whether they are. */
  readonly sample: Expression | undefined;
  readonly perService: PerService | undefined;
}

/** The rate at which the span of a record is kept. */
export interface HeadSampler {
  /** What decides, for counting. */
  readonly reason: string;
  readonly slots: readonly number[];
  rateOf(values: Slots): number;
}

const serviceSlot = slotOf("span.service");
const weightSlot = slotOf("context.weight");

/** The service of a span's record. */
export const serviceIn = (values: Slots): string | undefined => {
  const service = values[serviceSlot];
  return typeof service === "string" ? service : undefined;
};

/** How many spans a record stands for. */
export const weightIn = (values: Slots): number => {
  const weight = values[weightSlot];
  return typeof weight === "number" ? weight : 1;
};

/** What sampling per service reads of a span. */
export const perServiceSlots: readonly number[] = [serviceSlot, weightSlot];

/** Undefined where all spans are kept. */
export function createHeadSampler({ sample, perService }: HeadSettings, now: () => number): HeadSampler | undefined {
  if (perService !== undefined) {
    const rates = new ServiceRates(perService);
    return {
      reason: "perService",
      slots: perServiceSlots,
      rateOf: (values) => rates.next(serviceIn(values) ?? "", weightIn(values), now()),
    };
  }
  if (sample === undefined) return undefined;
  return { reason: "sample", slots: sample.slots, rateOf: (values) => toRate(sample.evaluate(values)) };
}

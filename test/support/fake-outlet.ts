import type { Delivery, Outlet } from "../../adapters/adapter.ts";
import { aMetric } from "../../adapters/testing/metric-instance.ts";
import type { Instance, MetricInstance, Template } from "../../schemas/model/instance.ts";

/** How a fake outlet answers a batch. */
export type Answer = (values: readonly number[], signal: AbortSignal) => Delivery | Promise<Delivery>;

/** An outlet that tells metric instances apart by their values, and answers as it is told. */
export interface FakeOutlet extends Outlet<Template> {
  /** Every batch that was tried, in order. */
  readonly tried: number[][];
  /** The ids of all that was tried, in order. */
  readonly ids: (string | undefined)[];
  /** What was delivered, in order. */
  readonly delivered: number[];
  /** What it answers from now on. */
  answer: Answer;
  closed: boolean;
}

/** Makes an outlet that takes everything until it is told otherwise. */
export function fakeOutlet(first: Answer = () => ({ status: "delivered" })): FakeOutlet {
  const outlet: FakeOutlet = {
    tried: [],
    ids: [],
    delivered: [],
    answer: first,
    closed: false,
    async deliver(batch, signal) {
      const values = batch.map((instance) => numberOf(instance as Instance));
      outlet.tried.push(values);
      outlet.ids.push(...batch.map(({ id }) => id));
      const delivery = await outlet.answer(values, signal);
      if (delivery.status === "delivered") outlet.delivered.push(...values);
      if (delivery.status === "partial") {
        const left = new Set([...delivery.rejected, ...(delivery.retry ?? [])]);
        outlet.delivered.push(...values.filter((_, index) => !left.has(index)));
      }
      return delivery;
    },
    async close() {
      outlet.closed = true;
    },
  };
  return outlet;
}

/** The i-th of many instances. */
export const numbered = (value: number): MetricInstance => aMetric("requests", { value });

function numberOf(instance: Instance): number {
  return instance.template === "metric" ? instance.value : Number.NaN;
}

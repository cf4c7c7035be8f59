import type { MetricInstance, PointData, PointExemplar } from "../../../schemas/model/instance.ts";
import { Exemplars } from "./exemplars.ts";
import { grown } from "./grown.ts";
import { MetricBase } from "./metric.ts";
import { foreignTuple } from "./series.ts";

/** Sums of values times weights. Integers are exact up to 2^53. */
export class Counter extends MetricBase {
  readonly kind = "counter";
  #sums = new Float64Array(64);
  /** By slot. */
  readonly exemplars = new Exemplars();

  record({ labels, value, weight, traceId }: MetricInstance): void {
    const amount = (value * weight) / this.definition.divisor;
    if (!(amount >= 0 && amount < Infinity)) {
      this.losses.dropped(amount < 0 ? "negative" : "not_finite");
      return;
    }
    const slot = this.slotOf(labels);
    if (slot === foreignTuple) return;
    if (slot >= this.#sums.length) this.#sums = grown(this.#sums, slot + 1);
    this.#sums[slot]! += amount;
    if (traceId !== undefined) {
      this.exemplars.set(slot, traceId, value / this.definition.divisor, this.around.now());
    }
  }

  protected clear(slot: number): void {
    this.#sums[slot] = 0;
    this.exemplars.clear(slot, slot + 1);
  }

  dataOf(slot: number): PointData {
    return { kind: "counter", value: this.#sums[slot]! };
  }

  takeExemplars(slot: number): readonly PointExemplar[] {
    return this.exemplars.take(slot, slot + 1);
  }

  /** The sum of a series. */
  sumOf(slot: number): number {
    return this.#sums[slot]!;
  }
}

import type { MetricInstance, PointData, PointExemplar } from "../../../schemas/model/instance.ts";
import { grown } from "./grown.ts";
import { MetricBase } from "./metric.ts";
import { foreignTuple } from "./series.ts";

/** The latest value of each series. */
export class Gauge extends MetricBase {
  readonly kind = "gauge";
  #values = new Float64Array(64);

  record({ labels, value }: MetricInstance): void {
    const slot = this.slotOf(labels);
    if (slot === foreignTuple) return;
    if (slot >= this.#values.length) this.#values = grown(this.#values, slot + 1);
    this.#values[slot] = value / this.definition.divisor;
  }

  protected clear(slot: number): void {
    this.#values[slot] = 0;
  }

  dataOf(slot: number): PointData {
    return { kind: "gauge", value: this.#values[slot]! };
  }

  takeExemplars(): readonly PointExemplar[] {
    return [];
  }

  /** The latest value of a series. */
  latestOf(slot: number): number {
    return this.#values[slot]!;
  }
}

import type { MetricInstance } from "../../schemas/model/instance.ts";
import { formatValue } from "../shared/exposition.ts";
import { grown } from "./grown.ts";
import { Metric, sampleName } from "./metric.ts";
import { foreignTuple } from "./series.ts";

/** The latest value of each series. */
export class Gauge extends Metric {
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

  protected lines(slot: number, labels: string): string {
    return `${sampleName(this.definition.name, labels)} ${formatValue(this.#values[slot]!)}\n`;
  }
}

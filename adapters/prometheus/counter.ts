import type { MetricInstance } from "../../schemas/model/instance.ts";
import type { ExpositionFormat } from "../adapter.ts";
import { formatValue } from "../shared/exposition.ts";
import { Exemplars } from "./exemplars.ts";
import { grown } from "./grown.ts";
import { Metric, sampleName } from "./metric.ts";
import { foreignTuple } from "./series.ts";

/** Sums of values times weights. Integers are exact up to 2^53. */
export class Counter extends Metric {
  #sums = new Float64Array(64);
  readonly #exemplars = new Exemplars();

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
      this.#exemplars.set(slot, traceId, value / this.definition.divisor, this.around.now());
    }
  }

  protected clear(slot: number): void {
    this.#sums[slot] = 0;
    this.#exemplars.clear(slot, slot + 1);
  }

  protected lines(slot: number, labels: string, format: ExpositionFormat, created: string | undefined): string {
    const { name } = this.definition;
    const exemplar = format === "openmetrics" ? this.#exemplars.text(slot) : "";
    const line = `${sampleName(`${name}_total`, labels)} ${formatValue(this.#sums[slot]!)}${exemplar}\n`;
    return created === undefined ? line : `${line}${sampleName(`${name}_created`, labels)} ${created}\n`;
  }
}

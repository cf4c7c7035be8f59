import type { ExpositionFormat } from "../../adapter.ts";
import { formatBound, formatValue } from "../../shared/exposition.ts";
import type { MetricPoint } from "../../shared/otlp/metric-point.ts";
import { OtherSeries, type Refusal, sampleName } from "./series.ts";

/** Quantiles that somebody else worked out, with the count and sum of all values. */
export class SummarySeries extends OtherSeries {
  #quantiles: readonly number[] = [];
  #count = 0;
  #sum = 0;

  get lines(): number {
    return this.#quantiles.length / 2 + 2;
  }

  text(name: string, _format: ExpositionFormat, withCreated: boolean): string {
    const start = `${name}{${this.labels}${this.labels === "" ? "" : ","}quantile="`;
    let text = "";
    for (let i = 0; i < this.#quantiles.length; i += 2)
      text += `${start}${formatBound(this.#quantiles[i]!)}"} ${formatValue(this.#quantiles[i + 1]!)}\n`;
    text += `${sampleName(`${name}_sum`, this.labels)} ${formatValue(this.#sum)}\n`;
    text += `${sampleName(`${name}_count`, this.labels)} ${this.#count}\n`;
    return text + this.createdLine(name, withCreated);
  }

  protected add({ quantiles, count, sum = 0 }: MetricPoint, _isDelta: boolean, room: number): Refusal | undefined {
    const shown = withoutRepeats(quantiles);
    if ((shown.length - this.#quantiles.length) / 2 > Math.max(0, room)) return "series_budget";
    this.#quantiles = shown;
    this.#count = count;
    this.#sum = sum;
    return undefined;
  }
}

/** A quantile told twice would be one sample twice; those that are none are left out. */
function withoutRepeats(quantiles: readonly number[]): readonly number[] {
  const values = new Map<number, number>();
  for (let i = 0; i < quantiles.length; i += 2)
    if (quantiles[i]! >= 0 && quantiles[i]! <= 1) values.set(quantiles[i]! + 0, quantiles[i + 1]!);
  return [...values].sort(([a], [b]) => a - b).flat();
}

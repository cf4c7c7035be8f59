import type { ExpositionFormat } from "../../adapter.ts";
import { formatValue } from "../../shared/exposition.ts";
import type { MetricPoint, TraceExemplar } from "../../shared/otlp/metric-point.ts";
import { exemplarText, OtherSeries, type Refusal, type SeriesIdentity, sampleName } from "./series.ts";

/** A gauge, or a sum that may fall: the latest value, or all deltas added up. */
export class GaugeSeries extends OtherSeries {
  readonly lines: number = 1;
  protected value = 0;

  text(name: string, _format: ExpositionFormat, _withCreated: boolean): string {
    return `${sampleName(name, this.labels)} ${formatValue(this.value)}\n`;
  }

  protected add({ value }: MetricPoint, isDelta: boolean, _room: number): Refusal | undefined {
    if (value === undefined) return "no_value";
    if (isDelta && !Number.isFinite(value)) return "not_finite";
    this.value = isDelta ? this.value + value : value;
    return undefined;
  }
}

/** A sum that never falls, but where it begins anew. */
export class CounterSeries extends GaugeSeries {
  readonly #isBare: boolean;
  #exemplar: TraceExemplar | undefined;

  constructor(identity: SeriesIdentity, isBare: boolean) {
    super(identity);
    this.#isBare = isBare;
  }

  override text(name: string, format: ExpositionFormat, withCreated: boolean): string {
    if (this.#isBare) return super.text(name, format, withCreated);
    const exemplar = format === "openmetrics" ? exemplarText(this.#exemplar) : "";
    const line = `${sampleName(`${name}_total`, this.labels)} ${formatValue(this.value)}${exemplar}\n`;
    return line + this.createdLine(name, withCreated);
  }

  protected override add(point: MetricPoint, isDelta: boolean, room: number): Refusal | undefined {
    const { value = 0 } = point;
    if (!Number.isFinite(value)) return "not_finite";
    if (value < 0) return "negative";
    this.#exemplar = point.exemplars.at(-1) ?? this.#exemplar;
    return super.add(point, isDelta, room);
  }
}

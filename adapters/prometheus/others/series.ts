import type { ExpositionFormat } from "../../adapter.ts";
import { escapeLabelValue, formatSeconds, formatValue } from "../../shared/exposition.ts";
import type { MetricPoint, TraceExemplar } from "../../shared/otlp/metric-point.ts";

/** Why a point is not shown. */
export type Refusal =
  /** It is not later than the last one of its series. */
  | "out_of_order"
  /** A counter's value below zero. */
  | "negative"
  /** NaN or an infinity where it would spoil a sum. */
  | "not_finite"
  /** It has neither a value nor the flag that it has none. */
  | "no_value"
  /** Neither delta nor cumulative. */
  | "temporality"
  /** Buckets that cannot be shown. */
  | "buckets"
  /** Labels of thousands of characters. */
  | "labels_too_long"
  /** There is no room for more series. */
  | "series_budget";

/** A delta that says that it began longer ago is not believed. */
const longestDeltaMs = 86_400_000;

/** What tells a series from others; see `OtherSeries`. */
export type SeriesIdentity = Pick<OtherSeries, "labels" | "serial" | "alias" | "owner">;

/** One series of a metric that others made: what it has come to, as cumulative values. */
export abstract class OtherSeries {
  readonly labels: string;
  /** Rises with every new series. */
  readonly serial: number;
  /** Under which bytes of resource, scope and attributes it is known. */
  alias: string;
  /** Name of the metric that it is of, as the sender wrote it: several may come to one family. */
  readonly owner: string;
  /** Milliseconds of the hub's clock. */
  touchedMs = 0;
  /** Lines of text that it takes; not counted when it began. */
  abstract readonly lines: number;
  #timeMs = Number.NEGATIVE_INFINITY;
  #createdMs: number | undefined;

  constructor({ labels, serial, alias, owner }: SeriesIdentity) {
    this.labels = labels;
    this.serial = serial;
    this.alias = alias;
    this.owner = owner;
  }

  /** Takes a point in, or says why not. `room`: lines by which it may grow; what needs no more than it has is always taken. */
  take(point: MetricPoint, isDelta: boolean, nowMs: number, room: number): Refusal | undefined {
    const timeMs = point.timeMs || nowMs;
    if (!(timeMs > this.#timeMs)) return "out_of_order";
    const refusal = this.add(point, isDelta, room);
    if (refusal !== undefined) return refusal;
    if (!isDelta) this.#createdMs = point.startMs || undefined;
    else this.#createdMs ??= isSound(point.startMs, timeMs) ? point.startMs : timeMs;
    this.#timeMs = timeMs;
    this.touchedMs = nowMs;
    return undefined;
  }

  /** The sample lines. */
  abstract text(name: string, format: ExpositionFormat, withCreated: boolean): string;

  /** Brings the values up to date. */
  protected abstract add(point: MetricPoint, isDelta: boolean, room: number): Refusal | undefined;

  /** What the series held is gone. */
  protected beginAnew(): void {
    this.#createdMs = undefined;
  }

  /** The line that says when it began, where that is known and wanted. */
  protected createdLine(name: string, wanted: boolean): string {
    if (!wanted || this.#createdMs === undefined) return "";
    return `${sampleName(`${name}_created`, this.labels)} ${formatSeconds(this.#createdMs)}\n`;
  }
}

const isSound = (startMs: number, timeMs: number): boolean => startMs <= timeMs && startMs > timeMs - longestDeltaMs;

/** A sample's name with its labels in braces, or bare. */
export function sampleName(name: string, labels: string): string {
  return labels === "" ? name : `${name}{${labels}}`;
}

/** What follows a sample's value in OpenMetrics; empty without an exemplar. */
export function exemplarText(exemplar: TraceExemplar | undefined): string {
  if (exemplar === undefined) return "";
  const { traceId, spanId, value, timeMs } = exemplar;
  const span = spanId === "" ? "" : `,span_id="${escapeLabelValue(spanId)}"`;
  return ` # {trace_id="${escapeLabelValue(traceId)}"${span}} ${formatValue(value)} ${formatSeconds(timeMs)}`;
}

import type { PointData, PointInstance } from "../../../schemas/model/instance.ts";
import { grown } from "./grown.ts";
import { differenceOf, rounded, zeroOf } from "./point-data.ts";
import type { Metric } from "./store.ts";

/** What a protocol wants of points. */
export interface PointOptions {
  readonly temporality: "delta" | "cumulative";
  /** Cumulative points of unchanged series are told again after this many milliseconds; never, if absent. */
  readonly keepAliveMs?: number;
  /**
   * Begin each counter and histogram with a point of 0, for backends that know only differences between points. It lies halfway
   * between two harvests at the earliest: after a reload, the same series of the former handler ends just before.
   */
  readonly withZeros?: boolean;
  /** Tell where series end, in a point that repeats the last one. */
  readonly withEnds?: boolean;
  /** Histograms tell the least and the greatest value: since the last point (delta), or of all (cumulative). */
  readonly withExtremes?: boolean;
  /** Histograms count in whole numbers. Counts are rounded once they are summed up, so that deltas drift by less than one. */
  readonly wholeCounts?: boolean;
}

/** Reads the series of one metric: remembers what was told of each, and tells what is new. */
export class SeriesReader {
  readonly #metric: Metric;
  readonly #options: PointOptions;
  readonly #isDelta: boolean;
  readonly #keepAliveMs: number;
  /** By slot: how many records were told; when last a point was made, 0 never; and for deltas what it was made of. */
  #told = new Uint32Array(64);
  #toldMs = new Float64Array(64);
  readonly #toldData: (PointData | undefined)[] = [];
  /** One object for each series, so that whoever encodes them may remember them by it. */
  readonly #labels: (Readonly<Record<string, string>> | undefined)[] = [];
  /** Points of series that ended since the last reading. */
  #ended: PointInstance[] = [];
  /** When the latest of them ended: a series that begins anew must begin later. */
  #endedMs = 0;
  #sinceMs: number;

  constructor(metric: Metric, options: PointOptions, nowMs: number) {
    this.#metric = metric;
    this.#options = options;
    this.#isDelta = options.temporality === "delta";
    this.#keepAliveMs = this.#isDelta ? Infinity : (options.keepAliveMs ?? Infinity);
    this.#sinceMs = nowMs;
    metric.onEnd = (slot, endMs) => this.#leave(slot, Math.max(endMs, this.#sinceMs + 1));
  }

  /** Adds the points of all series with news to `points`; at the last reading, where they end too. */
  read(nowMs: number, isLast: boolean, points: PointInstance[]): void {
    for (const point of this.#ended) points.push(point);
    this.#ended = [];
    this.#makeRoom();
    const { texts, size } = this.#metric.table;
    for (let slot = 0; slot < size; slot++) {
      if (texts[slot] === undefined) continue;
      if (this.#hasNews(slot) || nowMs - this.#toldMs[slot]! >= this.#keepAliveMs) this.#tell(slot, nowMs, points);
      if (isLast) this.#tellEnd(slot, nowMs, points);
    }
    this.#sinceMs = nowMs;
  }

  #makeRoom(): void {
    const { size } = this.#metric.table;
    if (size <= this.#told.length) return;
    this.#told = grown(this.#told, size);
    this.#toldMs = grown(this.#toldMs, size);
  }

  #hasNews(slot: number): boolean {
    return this.#metric.table.records[slot] !== this.#told[slot];
  }

  #tell(slot: number, timeMs: number, points: PointInstance[]): void {
    const data = this.#dataOf(slot);
    const createdMs = Math.min(this.#metric.table.createdMs[slot]!, timeMs - 1);
    const startMs = this.#isDelta ? this.#sinceMs : createdMs;
    const zeroMs = Math.max(createdMs, Math.floor((this.#sinceMs + timeMs) / 2));
    if (this.#options.withZeros && this.#toldMs[slot] === 0 && data.kind !== "gauge" && zeroMs > this.#endedMs) {
      points.push({ ...this.#head(slot), startMs, timeMs: zeroMs, data: zeroOf(data), records: 0 });
    }
    const exemplars = this.#metric.takeExemplars(slot);
    points.push({
      ...this.#head(slot),
      startMs,
      timeMs,
      data: this.#isDelta ? differenceOf(data, this.#toldData[slot]) : data,
      records: (this.#metric.table.records[slot]! - this.#told[slot]!) >>> 0,
      ...(exemplars.length > 0 ? { exemplars } : {}),
    });
    this.#remember(slot, timeMs, data);
  }

  #dataOf(slot: number): PointData {
    const data = this.#metric.dataOf(slot);
    return this.#options.wholeCounts ? rounded(data) : data;
  }

  #remember(slot: number, timeMs: number, data: PointData): void {
    this.#told[slot] = this.#metric.table.records[slot]!;
    this.#toldMs[slot] = timeMs;
    if (!this.#isDelta) return;
    this.#toldData[slot] = data;
    if (this.#metric.kind === "histogram") this.#metric.resetExtremes(slot);
  }

  /** What all points of a series have in common. */
  #head(slot: number) {
    const { instance, name, unit, help } = this.#metric.definition;
    this.#labels[slot] ??= this.#metric.table.labelsOf(slot);
    return {
      template: "point" as const,
      instance,
      name,
      ...(unit === undefined ? {} : { unit }),
      help,
      labels: this.#labels[slot],
      temporality: this.#options.temporality,
    };
  }

  /** Tells what is left of a series that ends, and forgets it. */
  #leave(slot: number, endMs: number): void {
    this.#makeRoom();
    if (this.#hasNews(slot)) this.#tell(slot, endMs, this.#ended);
    this.#tellEnd(slot, endMs, this.#ended);
    this.#told[slot] = 0;
    this.#toldMs[slot] = 0;
    this.#toldData[slot] = undefined;
    this.#labels[slot] = undefined;
  }

  /** Later than the series' last point, as no two may have the same time. */
  #tellEnd(slot: number, endMs: number, points: PointInstance[]): void {
    if (!this.#options.withEnds) return;
    const { createdMs: begun } = this.#metric.table;
    const timeMs = Math.max(endMs, this.#toldMs[slot]! + 1);
    const startMs = this.#isDelta ? this.#sinceMs : begun[slot]!;
    points.push({ ...this.#head(slot), startMs, timeMs, data: this.#dataOf(slot), records: 0, ended: true });
    this.#endedMs = timeMs;
  }
}

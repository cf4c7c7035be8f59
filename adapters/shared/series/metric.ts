import type { LabelTuple, MetricInstance, PointData, PointExemplar } from "../../../schemas/model/instance.ts";
import type { MetricDefinition } from "./definition.ts";
import type { IdleClock } from "./idle-clock.ts";
import { Losses } from "./losses.ts";
import { foreignTuple, type LabelTexts, overflowSlot, SeriesTable } from "./series.ts";

/** What the metrics of one adapter share. */
export interface Surroundings {
  readonly now: () => number;
  readonly clock: IdleClock;
  readonly texts: LabelTexts;
  /** Whether the records of each series are counted, which only harvests need. */
  readonly countsRecords: boolean;
  /** Whether histograms keep the least and the greatest value. */
  readonly withExtremes: boolean;
}

/** What every kind of metric does with its series. Kinds add the values. */
export abstract class MetricBase {
  abstract readonly kind: MetricDefinition["kind"];
  definition: MetricDefinition;
  readonly table: SeriesTable;
  readonly losses = new Losses();
  /** Told of each series that ends, before it is gone. */
  onEnd: ((slot: number, nowMs: number) => void) | undefined;
  protected readonly around: Surroundings;
  readonly #countsRecords: boolean;

  constructor(definition: MetricDefinition, maxSeries: number, around: Surroundings) {
    this.definition = definition;
    this.around = around;
    this.#countsRecords = around.countsRecords;
    this.table = new SeriesTable(definition.sourceLabels, definition.labels, maxSeries, around.texts);
  }

  /** The name that users see. */
  get exposedName(): string {
    return this.definition.exposedName;
  }

  /** Adds one measurement; what cannot be added is counted as a loss. Hot. */
  abstract record(instance: MetricInstance): void;

  /** What a series has come to. */
  abstract dataOf(slot: number): PointData;

  /** The exemplars that came to a series since this was last asked. */
  abstract takeExemplars(slot: number): readonly PointExemplar[];

  /** Empties the cells of a freed slot. */
  protected abstract clear(slot: number): void;

  /** The slot to record to, marked as in use; `foreignTuple` if the tuple is not of this definition, which is counted. */
  protected slotOf(labels: LabelTuple): number {
    const slot = this.table.find(labels, this.around.now);
    if (slot > overflowSlot) {
      this.table.touched[slot] = this.around.clock.period;
      if (this.#countsRecords) this.table.records[slot]!++;
    } else this.#countMiss(slot, labels);
    return slot;
  }

  #countMiss(slot: number, labels: LabelTuple): void {
    if (slot === foreignTuple) this.losses.dropped("labels");
    else {
      this.table.touched[slot] = this.around.clock.period;
      this.table.records[slot]!++;
      this.losses.overflow(this.table.blame(labels));
    }
  }

  /** Ends up to `limit` series idle since period `upTo`; returns how many. */
  expire(upTo: number, limit: number): number {
    const ended = this.table.expire(upTo, limit, (slot) => {
      this.onEnd?.(slot, this.around.now());
      this.clear(slot);
    });
    this.losses.expired(ended);
    return ended;
  }
}

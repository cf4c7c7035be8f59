import type { LabelTuple } from "../../../schemas/model/instance.ts";
import { formatLabels } from "../exposition.ts";
import { grown } from "./grown.ts";
import { RefusedTuples } from "./refused-tuples.ts";

/** The only label of the series that takes what exceeds the budget: OpenTelemetry's convention (metrics SDK, "Overflow attribute"). */
export const overflowLabel = "otel_metric_overflow";

/** The slot of the overflow series in every table. */
export const overflowSlot = 0;

/** What `find` answers for a tuple made of other labels than the table's. */
export const foreignTuple = -1;

/** How many series are looked at to find the label to blame. */
const blameSample = 1000;

/** Label texts by tuple, shared by the tables of one adapter: metrics with the same dimensions get the same tuples. */
export type LabelTexts = WeakMap<LabelTuple, string>;

/**
 * Numbers the label combinations of one metric: a small integer, the slot, for each series. A tuple is found by identity; one
 * that is new by its values, so a series goes on under a new object of the same values. Slots are used again once freed.
 */
export class SeriesTable {
  maxSeries: number;
  /** Slots handed out so far, freed ones included: every slot is below. */
  size = 1;
  /** Series alive, the overflow series not counted. */
  count = 0;
  /** Rendered labels by slot; undefined where no series is. */
  readonly texts: (string | undefined)[] = [undefined];
  /** Rises with every new series: tells a series from a later one in the same slot. */
  readonly serials: number[] = [0];
  nextSerial = 1;
  /** Milliseconds since the epoch at which each series began. */
  readonly createdMs: number[] = [0];
  /** The period in which each series was last recorded to; written by whoever records. */
  touched = new Uint32Array(64);
  /** How many records went into each series, modulo 2^32; written by whoever records, where someone needs it. */
  records = new Uint32Array(64);

  readonly #sourceNames: readonly string[];
  readonly #names: readonly string[];
  readonly #shared: LabelTexts;
  readonly #byTuple = new Map<LabelTuple, number>();
  readonly #byText = new Map<string, number>();
  readonly #tuples: (LabelTuple | undefined)[] = [undefined];
  readonly #free: number[] = [];
  readonly #refused = new RefusedTuples();
  #blamed: string | undefined;

  constructor(sourceNames: readonly string[], names: readonly string[], maxSeries: number, shared: LabelTexts) {
    this.#sourceNames = sourceNames;
    this.#names = names;
    this.#shared = shared;
    this.maxSeries = maxSeries;
  }

  /** The slot of a tuple's series, made if there is room; else the overflow slot. Hot: one look-up for a known tuple. */
  find(tuple: LabelTuple, now: () => number): number {
    const slot = this.#byTuple.get(tuple);
    return slot !== undefined ? slot : this.#meet(tuple, now);
  }

  /** The labels of a series by name. */
  labelsOf(slot: number): Record<string, string> {
    const values = this.#tuples[slot]?.values;
    return values === undefined
      ? { [overflowLabel]: "true" }
      : Object.fromEntries(this.#names.map((name, i) => [name, values[i]!]));
  }

  /** True if there is no series, not even the overflow series. */
  get isEmpty(): boolean {
    return this.count === 0 && this.texts[overflowSlot] === undefined;
  }

  #meet(tuple: LabelTuple, now: () => number): number {
    if (tuple.overflow !== undefined || this.#refused.has(tuple)) return this.#overflow(now);
    if (!this.#isOwn(tuple)) return foreignTuple;
    const text = this.#shared.get(tuple) ?? formatLabels(this.#names, tuple.values);
    const known = this.#byText.get(text);
    if (known === undefined && this.count >= this.maxSeries) {
      this.#refused.add(tuple);
      return this.#overflow(now);
    }
    const slot = known ?? this.#open(text, now());
    this.#bind(slot, tuple);
    return slot;
  }

  #isOwn({ names }: LabelTuple): boolean {
    const own = this.#sourceNames;
    return names === own || (names.length === own.length && names.every((name, i) => name === own[i]));
  }

  /** Keeps one tuple object for each slot, the latest, so that the look-up never outgrows the series. */
  #bind(slot: number, tuple: LabelTuple): void {
    const former = this.#tuples[slot];
    if (former !== undefined) this.#byTuple.delete(former);
    this.#tuples[slot] = tuple;
    this.#byTuple.set(tuple, slot);
    this.#shared.set(tuple, this.texts[slot]!);
  }

  #open(text: string, nowMs: number): number {
    const slot = this.#free.pop() ?? this.size++;
    this.#begin(slot, text, nowMs);
    this.#byText.set(text, slot);
    this.count++;
    return slot;
  }

  #begin(slot: number, text: string, nowMs: number): void {
    if (slot >= this.touched.length) {
      this.touched = grown(this.touched, slot + 1);
      this.records = grown(this.records, slot + 1);
    }
    this.records[slot] = 0;
    this.texts[slot] = text;
    this.serials[slot] = this.nextSerial++;
    this.createdMs[slot] = nowMs;
  }

  #overflow(now: () => number): number {
    if (this.texts[overflowSlot] === undefined) this.#begin(overflowSlot, `${overflowLabel}="true"`, now());
    return overflowSlot;
  }

  /**
   * The label to blame for a tuple in the overflow series: the one the tuple names, else the one with the most distinct values
   * among a thousand of the series held, the first of equals.
   */
  blame(tuple: LabelTuple): string {
    if (tuple.overflow !== undefined) return tuple.overflow;
    this.#blamed ??= this.#mostVaried();
    return this.#blamed;
  }

  #mostVaried(): string {
    const sample = this.#tuples.filter((tuple) => tuple !== undefined).slice(-blameSample);
    const distinct = this.#sourceNames.map((_, i) => new Set(sample.map((tuple) => tuple.values[i])).size);
    return this.#sourceNames[distinct.indexOf(Math.max(...distinct))] ?? "";
  }

  /** Frees up to `limit` series last touched in period `upTo` or before, telling `release` each slot while its series is still there. Returns how many. */
  expire(upTo: number, limit: number, release: (slot: number) => void): number {
    let freed = 0;
    for (let slot = 0; slot < this.size && freed < limit; slot++) {
      const text = this.texts[slot];
      if (text === undefined || this.touched[slot]! > upTo) continue;
      release(slot);
      this.#end(slot, text);
      freed++;
    }
    if (freed > 0) this.makeRoom();
    return freed;
  }

  /** Lets refused tuples try again: after series were freed, or the budget was raised. */
  makeRoom(): void {
    this.#refused.clear();
    this.#blamed = undefined;
  }

  #end(slot: number, text: string): void {
    this.texts[slot] = undefined;
    if (slot === overflowSlot) return;
    const tuple = this.#tuples[slot];
    if (tuple !== undefined) this.#byTuple.delete(tuple);
    this.#tuples[slot] = undefined;
    this.#byText.delete(text);
    this.#free.push(slot);
    this.count--;
  }
}

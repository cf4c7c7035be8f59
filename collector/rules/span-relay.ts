import type { SpansDeclaration } from "../../schemas/model/instance.ts";
import type { SpanBatch, SpanEdits, SpanPiece } from "../../schemas/model/span.ts";
import { thresholdOf } from "../../schemas/model/trace-state.ts";
import type { Slots } from "../expr/expression.ts";
import { type Field, slotsReadBy } from "./instance-maker.ts";
import { createPlainFields } from "./plain-fields.ts";
import type { SamplingCounts } from "./sampling/counts.ts";
import { createHeadSampler, type HeadSettings } from "./sampling/head-sampler.ts";
import type { TailSettings } from "./sampling/keep-rule.ts";

/** How spans are relayed; a structural subset of the checked configuration. */
export interface SpansSource extends HeadSettings {
  readonly template: "spans";
  readonly declaration: SpansDeclaration;
  /** How whole traces are sampled; undefined passes spans on as they come. */
  readonly tail: TailSettings | undefined;
  readonly set: readonly Field[];
  readonly rename: ReadonlyMap<string, string>;
  readonly redact: readonly string[];
  readonly delete: readonly string[];
}

/** The way of selected spans to one handler: they gather while a batch goes through the rules, and leave together. */
export interface SpanRelay {
  /** Selects the span of the record at hand, which has this number in its batch; once, however many rules say so. */
  select(place: number, values: Slots): boolean;
  /** Sends what was selected. */
  send(batch: Pick<SpanBatch, "cut" | "lift">): void;
  /** The slots that it reads. */
  readonly slots: readonly number[];
}

/** What a relay is made with. */
export interface SpanRelayOptions {
  readonly source: SpansSource;
  /** What redacted attributes become. */
  readonly mask: string;
  /** Where spans are counted that are sampled. */
  countsOf(): SamplingCounts;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  offer(piece: SpanPiece): void;
}

/** The relay of an instance that passes spans on as they come, sampled one by one. */
export function createSpanRelay({ source, mask, countsOf, now, offer }: SpanRelayOptions): SpanRelay {
  const sampler = createHeadSampler(source, now);
  const counts = sampler && countsOf();
  const thresholds = new Map<number, string>();
  const edits = createEdits(source, mask, (place) => thresholds.get(place));
  let places: number[] = [];
  let last = -1;
  let leftOut = 0;

  return {
    slots: [...(sampler?.slots ?? []), ...edits.slots],
    select(place, record) {
      if (place === last) return false;
      last = place;
      const rate = sampler?.rateOf(record) ?? 1;
      if (rate === 0) leftOut++;
      else {
        if (rate < 1) thresholds.set(place, thresholdOf(rate));
        places.push(place);
        edits.note(place, record);
      }
      return true;
    },
    send(batch) {
      last = -1;
      let kept = 0;
      const pieces = places.length === 0 ? [] : batch.cut(places, sampler === undefined ? edits.needed : edits.all);
      for (const piece of pieces) {
        kept += piece.spans;
        offer(piece);
      }
      if (sampler !== undefined) {
        counts?.spans(true, sampler.reason, kept);
        counts?.spans(false, sampler.reason, leftOut + places.length - kept);
      }
      places = [];
      leftOut = 0;
      thresholds.clear();
      edits.clear();
    },
  };
}

/** The edits of one relay: what is set is worked out while the record is at hand. */
export interface RelayEdits {
  readonly slots: readonly number[];
  readonly all: SpanEdits;
  /** Undefined if no attribute is edited, so that spans pass as they are. */
  readonly needed: SpanEdits | undefined;
  note(place: number, values: Slots): void;
  clear(): void;
}

/** The edits of an instance. */
export function createEdits(source: SpansSource, mask: string, threshold: SpanEdits["threshold"]): RelayEdits {
  const { set, rename, redact, delete: removed } = source;
  const evaluate = createPlainFields(set);
  const values = new Map<number, ReturnType<typeof evaluate>>();
  const all: SpanEdits = {
    ...{ rename, redact: new Set(redact), delete: new Set(removed), mask, threshold },
    set: (place) => values.get(place) ?? {},
  };
  return {
    slots: slotsReadBy(set.map(({ expression }) => expression)),
    all,
    needed: set.length + rename.size + redact.length + removed.length === 0 ? undefined : all,
    note(place, record) {
      if (set.length > 0) values.set(place, evaluate(record));
    },
    clear: () => values.clear(),
  };
}

import type { SpansDeclaration } from "../../schemas/model/instance.ts";
import type { SpanBatch, SpanEdits } from "../../schemas/model/span.ts";
import { thresholdOf } from "../../schemas/model/trace-state.ts";
import type { Expression, Slots } from "../expr/expression.ts";
import { type Field, slotsReadBy } from "./instance-maker.ts";
import { createPlainFields } from "./plain-fields.ts";
import type { Outbox } from "./rule-table.ts";
import { toRate } from "./sampler.ts";

/** How spans are relayed; a structural subset of the checked configuration. */
export interface SpansSource {
  readonly template: "spans";
  readonly declaration: SpansDeclaration;
  /** The rate at which spans are kept; undefined keeps all. */
  readonly sample: Expression | undefined;
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
  send(batch: Pick<SpanBatch, "cut">): void;
  /** The slots that its edits read. */
  readonly slots: readonly number[];
}

/** Makes the relay of an instance to a handler. */
export function createSpanRelay(instance: string, source: SpansSource, outbox: Outbox, mask: string): SpanRelay {
  const evaluate = createPlainFields(source.set);
  const { sample } = source;
  const thresholds = new Map<number, string>();
  const edits = createEdits(source, mask, {
    set: (place) => values.get(place) ?? {},
    threshold: (place) => thresholds.get(place),
  });
  const values = new Map<number, ReturnType<typeof evaluate>>();
  let places: number[] = [];

  return {
    slots: slotsReadBy([sample, ...source.set.map(({ expression }) => expression)]),
    select(place, record) {
      if (places.at(-1) === place) return false;
      const rate = sample === undefined ? 1 : toRate(sample.evaluate(record));
      if (rate === 0) return false;
      if (rate < 1) thresholds.set(place, thresholdOf(rate));
      places.push(place);
      if (source.set.length > 0) values.set(place, evaluate(record));
      return true;
    },
    send(batch) {
      if (places.length === 0) return;
      const selected = places;
      places = [];
      for (const { bytes, spans } of batch.cut(selected, edits))
        outbox.offer({ template: "spans", instance, bytes, spans });
      values.clear();
      thresholds.clear();
    },
  };
}

/** Undefined if nothing is edited, so that spans pass as they are. */
function createEdits(
  source: SpansSource,
  mask: string,
  each: Pick<SpanEdits, "set" | "threshold">,
): SpanEdits | undefined {
  const { sample, rename, redact, delete: removed } = source;
  if (sample === undefined && source.set.length + rename.size + redact.length + removed.length === 0) return undefined;
  return { rename, redact: new Set(redact), delete: new Set(removed), mask, ...each };
}

import type { SpansDeclaration } from "../../schemas/model/instance.ts";
import type { SpanBatch, SpanEdits } from "../../schemas/model/span.ts";
import type { Slots } from "../expr/expression.ts";
import { type Field, slotsReadBy } from "./instance-maker.ts";
import { createPlainFields } from "./plain-fields.ts";
import type { Outbox } from "./rule-table.ts";

/** How spans are relayed; a structural subset of the checked configuration. */
export interface SpansSource {
  readonly template: "spans";
  readonly declaration: SpansDeclaration;
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
  const edits = createEdits(source, mask, (place) => values.get(place) ?? {});
  const values = new Map<number, ReturnType<typeof evaluate>>();
  let places: number[] = [];

  return {
    slots: slotsReadBy(source.set.map(({ expression }) => expression)),
    select(place, record) {
      if (places.at(-1) === place) return false;
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
    },
  };
}

/** Undefined if nothing is edited, so that spans pass as they are. */
function createEdits(source: SpansSource, mask: string, set: SpanEdits["set"]): SpanEdits | undefined {
  const { rename, redact, delete: removed } = source;
  if (source.set.length + rename.size + redact.length + removed.length === 0) return undefined;
  return { rename, redact: new Set(redact), delete: new Set(removed), mask, set };
}

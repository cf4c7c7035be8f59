import type { SpanPiece } from "../../schemas/model/span.ts";
import type { PlannedSampling } from "./sampling/sampling.ts";
import { createTailRelay } from "./sampling/tail-relay.ts";
import { createEdits, createSpanRelay, type SpanRelay, type SpansSource } from "./span-relay.ts";

/** A way of spans, and what it needs. */
export interface WayOfSpans {
  readonly handler: string;
  readonly instance: string;
  readonly source: SpansSource;
  readonly mask: string;
  readonly sampling: PlannedSampling;
  offer(piece: SpanPiece): void;
}

/** Makes the relay of an instance to a handler. */
export function createRelay({ sampling, ...way }: WayOfSpans): SpanRelay {
  const { handler, instance, source, mask, offer } = way;
  const { tail } = source;
  if (tail === undefined) {
    const countsOf = () => sampling.countsOf(handler, instance);
    return createSpanRelay({ source, mask, offer, countsOf, now: sampling.now });
  }
  const settings = settingsOf(source, mask);
  const store = sampling.openStore({ handler, instance, settings, tail, offer });
  return createTailRelay(
    tail.keep,
    createEdits(source, mask, () => undefined),
    store,
  );
}

/** All settings as text: expressions by theirs. */
function settingsOf({ tail, set, rename, redact, delete: removed }: SpansSource, mask: string): string {
  const keep = tail?.keep.map((rule) => ({ ...rule, when: rule.when?.text }));
  const texts = set.map(({ name, expression }) => [name, expression.text]);
  return JSON.stringify([{ ...tail, keep }, texts, [...rename], redact, removed, mask]);
}

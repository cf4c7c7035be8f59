import type { TraceSpanInstance } from "../../schemas/model/instance.ts";
import { splitSpans } from "../shared/otlp/split-spans.ts";

/** Spans of one item of a batch on their way to one endpoint: bytes that go as they are, or a span for the SDK. */
export type Load = {
  /** Place of the item in the batch. */
  readonly item: number;
  readonly spans: number;
} & ({ readonly bytes: Uint8Array } | { readonly made: TraceSpanInstance });

/** Parts of a load by what `partOf` says of their trace ids. */
export function splitLoad(load: Load, partOf: (traceId: Uint8Array) => number): [number, Load][] {
  const { item } = load;
  if ("made" in load) return [[partOf(Buffer.from(load.made.traceId, "hex")), load]];
  return [...splitSpans(load.bytes, partOf)].map(([part, { bytes, spans }]) => [part, { item, bytes, spans }]);
}

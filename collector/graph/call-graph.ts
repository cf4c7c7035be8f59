import type { AttributeRecord } from "../../schemas/model/record.ts";
import type { RawSpan } from "../../schemas/model/span.ts";
import type { Layout } from "./layout.ts";

/** How long spans wait, and how many. */
export interface GraphLimits {
  readonly waitMs: number;
  readonly maxSpans: number;
  readonly maxBytes: number;
}

/** Where what the graph finds goes; a record is valid during the call only. */
export interface GraphSinks {
  /** Each request once from each side that tells of it, with what is known of both: for statistics. */
  span(record: AttributeRecord): void;
  /** Each call once, and each span that found no other side; undefined where nobody wants to know. */
  readonly call: ((record: AttributeRecord) => void) | undefined;
}

/** How calls are counted. */
export type CountedCall = "service" | "virtual_node" | "database" | "messaging_system";

/** How spans are counted that are no side of a call: told by others of the same workload, without another side, dropped, come twice. */
export type CountedSpan = "inner" | "unpaired" | "dropped" | "repeated";

/** What became of spans. */
export interface GraphCounts {
  /** Calls by `call.type`; `service`: between two services with spans. */
  readonly calls: Readonly<Record<CountedCall, number>>;
  readonly spans: Readonly<Record<CountedSpan, number>>;
  readonly waiting: number;
  readonly waitingBytes: number;
}

/**
 * Finds the calls between services in spans: a caller's span and that of the one who is called wait for one another, in any
 * order, as long as limits allow. One graph serves all configurations that a hub runs.
 */
export interface CallGraph {
  /** How long spans are kept from now on, and what of them. `slots`: how many a record has. */
  configure(limits: GraphLimits, layout: Layout, slots: number): void;
  /** Takes a span that is valid during the call, and the record that was made of it. */
  take(span: RawSpan, record: AttributeRecord): void;
  /** Lets go of spans that have waited long enough. */
  expire(): void;
  /** Lets go of all. */
  flush(): void;
  /** Shows what statistics are not told of yet, as they would be if nothing else came; a record is valid during the call only. */
  pending(visit: (record: AttributeRecord) => void): void;
  counts(): GraphCounts;
}

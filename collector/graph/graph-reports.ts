import { AttributeRecord } from "../../schemas/model/record.ts";
import type { GraphSinks } from "./call-graph.ts";
import { type Call, callSlots, describeCall, describeUnpaired, markCall } from "./call-record.ts";
import type { HeldSpan } from "./held-span.ts";
import type { Layout } from "./layout.ts";
import { sideOf, writeCall, writeSpan } from "./sides.ts";

/** Makes records of what the graph finds, one after the other, and hands them on. */
export class GraphReports {
  readonly #sinks: GraphSinks;
  #record = new AttributeRecord(0);
  /** Whose slots the record was filled with. */
  #filled: Layout | undefined;

  constructor(sinks: GraphSinks) {
    this.#sinks = sinks;
  }

  /** Makes records of so many slots from now on. */
  resize(slots: number): void {
    this.#record = new AttributeRecord(slots);
  }

  /** Tells statistics of work within a process, as it came. */
  pass(record: AttributeRecord): void {
    this.#sinks.span(record);
  }

  /** Tells statistics of a span, with both sides where it is one of a call; one that names neither side as its own tells of no call. */
  span(held: HeldSpan, call?: Call): void {
    const side = sideOf(held);
    if (side === undefined) return;
    const isOwnCall = call !== undefined && side === (held.facts.isExit ? "source" : "destination");
    const { values } = this.#write(held, isOwnCall ? call : undefined);
    if (isOwnCall) markCall(values, call);
    this.#sinks.span(this.#record);
  }

  /** Tells rules of a call: by the span of the one who is called, if there is one. */
  call(call: Call): void {
    const { client, server } = call;
    if (this.#sinks.call === undefined) return;
    const told = server !== undefined && sideOf(server) === "destination" ? server : (client ?? server);
    const { values } = this.#write(told, call);
    markCall(values, call);
    describeCall(values, call);
    this.#sinks.call(this.#record);
  }

  /** Tells statistics and rules of a span that found no other side. */
  alone(held: HeldSpan, isDropped: boolean): void {
    this.span(held);
    if (this.#sinks.call === undefined) return;
    describeUnpaired(this.#write(held, undefined).values, held, isDropped);
    this.#sinks.call(this.#record);
  }

  #write(held: HeldSpan, call: Call | undefined): AttributeRecord {
    const { values } = this.#record;
    if (held.layout !== this.#filled) values.fill(undefined);
    this.#filled = held.layout;
    for (const slot of callSlots) values[slot] = undefined;
    if (call === undefined) writeSpan(values, held);
    else writeCall(values, held, call);
    return this.#record;
  }
}

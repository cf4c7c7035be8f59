import { AttributeRecord } from "../../schemas/model/record.ts";
import type { RawSpan } from "../../schemas/model/span.ts";
import { type Call, callSlots, describeCall, describeUnpaired, markCall } from "./call-record.ts";
import { HeldSpan } from "./held-span.ts";
import { Layout } from "./layout.ts";
import { calleeOf, callerOf, type NamedPeer, queueOf } from "./peer-name.ts";
import { type Sides, sideOf, writeCall, writeSpan } from "./sides.ts";
import { createFactsReader, type SpanFacts } from "./span-facts.ts";
import { parentsOf } from "./span-ids.ts";
import { stepOf } from "./step.ts";
import { WaitingSpans } from "./waiting-spans.ts";

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
  counts(): GraphCounts;
}

/** Makes a graph. `now`: milliseconds of a clock that never goes back. */
export function createCallGraph(sinks: GraphSinks, now: () => number): CallGraph {
  return new WaitingGraph(sinks, now);
}

const nothing: GraphLimits = { waitMs: 0, maxSpans: 0, maxBytes: 0 };

class WaitingGraph implements CallGraph {
  readonly #sinks: GraphSinks;
  readonly #now: () => number;
  readonly #readFacts = createFactsReader();
  readonly #waiting = new WaitingSpans();
  readonly #calls = { service: 0, virtual_node: 0, database: 0, messaging_system: 0 };
  readonly #spans = { inner: 0, unpaired: 0, dropped: 0, repeated: 0 };
  #limits = nothing;
  #layout = new Layout([]);
  #record = new AttributeRecord(0);
  /** Whose slots the record was filled with. */
  #filled = this.#layout;

  constructor(sinks: GraphSinks, now: () => number) {
    this.#sinks = sinks;
    this.#now = now;
  }

  configure(limits: GraphLimits, layout: Layout, slots: number): void {
    this.#limits = limits;
    this.#layout = layout;
    this.#record = new AttributeRecord(slots);
  }

  take(span: RawSpan, record: AttributeRecord): void {
    const facts = this.#readFacts(span);
    if (facts === undefined) {
      this.#sinks.span(record);
      return;
    }
    const { key } = span;
    if (this.#waiting.has(key, facts.isExit)) {
      this.#spans.repeated++;
      return;
    }
    const parents = parentsOf(span, facts.isMessage && !facts.isExit);
    const peer = peerOf(span, facts, record.values, parents.length === 0);
    const arrivedMs = this.#now();
    const held = new HeldSpan({ key, parents, facts, peer, layout: this.#layout, values: record.values, arrivedMs });
    this.#waiting.add(held);
    this.#meet(held);
    this.#letGo(arrivedMs);
  }

  expire(): void {
    this.#letGo(this.#now());
  }

  flush(): void {
    this.#letGo(Number.POSITIVE_INFINITY);
  }

  counts(): GraphCounts {
    const { size, bytes } = this.#waiting;
    return { calls: { ...this.#calls }, spans: { ...this.#spans }, waiting: size, waitingBytes: bytes };
  }

  /** Brings a span together with its parents and children that are there. */
  #meet(held: HeldSpan): void {
    const { key, parents, facts } = held;
    if (!facts.isExit && parents.length === 0) this.#begin(held);
    let found = 0;
    for (const id of parents) {
      const parent = this.#waiting.find(id);
      if (parent === undefined || parent === held) continue;
      found++;
      this.#step(parent, held);
    }
    if (found < parents.length) this.#waiting.expect(held);
    if (!facts.isExit && this.#waiting.has(key, true)) return;
    for (const child of this.#waiting.childrenOf(key)) if (child !== held) this.#step(held, child);
  }

  /** A request from outside; but a sidecar's first span of what it passes on comes from its own application. */
  #begin(held: HeldSpan): void {
    const { isProxy, isGateway, direction } = held.facts;
    if (isProxy && direction === "outbound" && !isGateway) this.#settleInner(held);
    else this.#call({ server: held, peer: held.peer as NamedPeer });
  }

  #step(parent: HeldSpan, child: HeldSpan): void {
    const step = stepOf(parent.facts, child.facts);
    if (step === "none") return;
    if (step === "within") {
      if (parent.facts.isExit) parent.isInner = true;
      if (!child.facts.isExit && !child.isInner && child.calls === 0) this.#settleInner(child, parent.facts);
      return;
    }
    if (child.isInner || (child.calls > 0 && !child.facts.isMessage)) return;
    this.#call({ client: parent, server: child });
  }

  /** Of a request that came in, the workload's first span tells; of one that goes out, the sidecar's. */
  #settleInner(held: HeldSpan, parent?: SpanFacts): void {
    held.isInner = true;
    if (held.facts.isProxy && (sideOf(held) === "source" || parent?.isProxy === false)) this.#tell(held);
  }

  #call(call: Call): void {
    const { client, server } = call;
    const type = this.#count(call);
    if (client !== undefined) client.calls++;
    if (server !== undefined) server.calls++;
    const isMessage = type === "messaging_system" && server !== undefined;
    if (client?.facts.isExit && client.calls === 1 && !isMessage) this.#tell(client, call);
    if (server !== undefined) this.#tell(server, call);
    if (this.#sinks.call === undefined) return;
    const told = server !== undefined && sideOf(server) === "destination" ? server : (client ?? server);
    const { values } = this.#write(told, call);
    markCall(values, call);
    describeCall(values, call);
    this.#sinks.call(this.#record);
  }

  #count(call: Call): CountedCall {
    const peer = "peer" in call ? call.peer : undefined;
    const isMessage = (call.client ?? call.server).facts.isMessage;
    const type = peer?.type ?? (isMessage ? "messaging_system" : "service");
    this.#calls[type]++;
    return type;
  }

  /** Tells statistics of a span; one that names neither side as its own tells of no call. */
  #tell(held: HeldSpan, call?: Call): void {
    const side = sideOf(held);
    if (side === undefined) return;
    const isOwnCall = call !== undefined && side === (held.facts.isExit ? "source" : "destination");
    const { values } = this.#write(held, isOwnCall ? call : undefined);
    if (isOwnCall) markCall(values, call);
    this.#sinks.span(this.#record);
  }

  #write(held: HeldSpan, sides: Call | undefined): AttributeRecord {
    const { values } = this.#record;
    if (held.layout !== this.#filled) values.fill(undefined);
    this.#filled = held.layout;
    for (const slot of callSlots) values[slot] = undefined;
    if (sides === undefined) writeSpan(values, held);
    else writeCall(values, held, sides as Sides);
    return this.#record;
  }

  #letGo(nowMs: number): void {
    const { waitMs, maxSpans, maxBytes } = this.#limits;
    const waiting = this.#waiting;
    for (let oldest = waiting.oldest; oldest !== undefined; oldest = waiting.oldest) {
      const isDue = oldest.arrivedMs + waitMs <= nowMs;
      if (!isDue && waiting.size <= maxSpans && waiting.bytes <= maxBytes) return;
      waiting.removeOldest();
      this.#end(oldest, isDue);
    }
  }

  /** Ends the wait of a span; one whose other side may still come ends without. */
  #end(held: HeldSpan, isDue: boolean): void {
    const { facts, peer } = held;
    if (held.calls > 0) return;
    if (held.isInner || (facts.isExit && facts.direction === "inbound")) this.#spans.inner++;
    else if (peer !== undefined && (isDue || peer.type === "database"))
      this.#call(facts.isExit ? { client: held, peer } : { server: held, peer });
    else {
      this.#spans[isDue ? "unpaired" : "dropped"]++;
      this.#tell(held);
      if (this.#sinks.call === undefined) return;
      describeUnpaired(this.#write(held, undefined).values, held, !isDue);
      this.#sinks.call(this.#record);
    }
  }
}

/** The other side as the span names it, where that may matter. */
function peerOf(span: RawSpan, facts: SpanFacts, values: AttributeRecord["values"], isRoot: boolean) {
  if (facts.isExit) return facts.direction === "inbound" ? undefined : calleeOf(span, facts, values);
  return isRoot ? callerOf(span, facts, values) : facts.isMessage ? queueOf(span) : undefined;
}

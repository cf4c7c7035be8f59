import type { AttributeRecord } from "../../schemas/model/record.ts";
import type { RawSpan } from "../../schemas/model/span.ts";
import type { CallGraph, GraphCounts, GraphLimits, GraphSinks } from "./call-graph.ts";
import { type Call, typeOf } from "./call-record.ts";
import { GraphReports } from "./graph-reports.ts";
import { HeldSpan } from "./held-span.ts";
import { Layout } from "./layout.ts";
import { calleeOf, callerOf, type NamedPeer, queueOf } from "./peer-name.ts";
import { sideOf } from "./sides.ts";
import { createFactsReader, type SpanFacts } from "./span-facts.ts";
import { parentsOf } from "./span-ids.ts";
import { stepOf } from "./step.ts";
import { WaitingSpans } from "./waiting-spans.ts";

/** Makes a graph. `now`: milliseconds of a clock that never goes back. */
export function createCallGraph(sinks: GraphSinks, now: () => number): CallGraph {
  return new WaitingGraph(sinks, now);
}

const nothing: GraphLimits = { waitMs: 0, maxSpans: 0, maxBytes: 0 };

class WaitingGraph implements CallGraph {
  readonly #reports: GraphReports;
  readonly #now: () => number;
  readonly #readFacts = createFactsReader();
  readonly #waiting = new WaitingSpans();
  readonly #calls = { service: 0, virtual_node: 0, database: 0, messaging_system: 0 };
  readonly #spans = { inner: 0, unpaired: 0, dropped: 0, repeated: 0 };
  #limits = nothing;
  #slots = 0;
  #layout = new Layout([]);

  constructor(sinks: GraphSinks, now: () => number) {
    this.#reports = new GraphReports(sinks);
    this.#now = now;
  }

  configure(limits: GraphLimits, layout: Layout, slots: number): void {
    this.#limits = limits;
    this.#layout = layout;
    this.#slots = slots;
    this.#reports.resize(slots);
  }

  take(span: RawSpan, record: AttributeRecord): void {
    const facts = this.#readFacts(span);
    if (facts === undefined) {
      this.#reports.pass(record);
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

  pending(visit: (record: AttributeRecord) => void): void {
    const reports = new GraphReports({ span: visit, call: undefined });
    reports.resize(this.#slots);
    for (let held = this.#waiting.oldest; held !== undefined; held = held.next) {
      if (held.calls > 0 || isInner(held)) continue;
      const { peer } = held;
      // Whether a service makes no spans is not known yet.
      reports.span(held, peer === undefined || peer.type === "virtual_node" ? undefined : virtualCall(held, peer));
    }
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
    if (held.facts.isProxy && (sideOf(held) === "source" || parent?.isProxy === false)) this.#reports.span(held);
  }

  #call(call: Call): void {
    const { client, server } = call;
    const type = typeOf(call) ?? "service";
    this.#calls[type]++;
    if (client !== undefined) client.calls++;
    if (server !== undefined) server.calls++;
    const isMessage = type === "messaging_system" && server !== undefined;
    if (client?.facts.isExit && client.calls === 1 && !isMessage) this.#reports.span(client, call);
    if (server !== undefined) this.#reports.span(server, call);
    this.#reports.call(call);
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
    const { peer } = held;
    if (held.calls > 0) return;
    if (isInner(held)) this.#spans.inner++;
    else if (peer !== undefined && (isDue || peer.type === "database")) this.#call(virtualCall(held, peer));
    else {
      this.#spans[isDue ? "unpaired" : "dropped"]++;
      this.#reports.alone(held, !isDue);
    }
  }
}

/** A sidecar's way to its own workload is inner, too, where the workload makes no spans. */
const isInner = ({ isInner: isKnown, facts }: HeldSpan): boolean =>
  isKnown || (facts.isExit && facts.direction === "inbound");

const virtualCall = (held: HeldSpan, peer: NamedPeer): Call =>
  held.facts.isExit ? { client: held, peer } : { server: held, peer };

/** The other side as the span names it, where that may matter. */
function peerOf(span: RawSpan, facts: SpanFacts, values: AttributeRecord["values"], isRoot: boolean) {
  if (facts.isExit) return facts.direction === "inbound" ? undefined : calleeOf(span, facts, values);
  return isRoot ? callerOf(span, facts, values) : facts.isMessage ? queueOf(span) : undefined;
}

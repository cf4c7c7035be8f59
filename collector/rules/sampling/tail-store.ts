import type { SpanPiece, SpanSurroundings, WrapSpans } from "../../../schemas/model/span.ts";
import { passes, thresholdOf } from "../../../schemas/model/trace-state.ts";
import { BlockStore } from "./block-store.ts";
import { ByteTable } from "./byte-table.ts";
import type { Cause, SamplingCounts } from "./counts.ts";
import { certainOnes, firstFit, type TailSettings } from "./keep-rule.ts";
import { Outgoing } from "./outgoing.ts";
import { Queue } from "./queue.ts";
import { Remembered } from "./remembered.ts";
import { ServiceRates } from "./service-rates.ts";
import {
  type SharedSurroundings,
  type SpanFacts,
  type TraceDecision,
  traceBytes,
  WaitingTrace,
} from "./waiting-trace.ts";

/** Time as the store sees it; it never goes back. */
export interface SamplingClock {
  now(): number;
  after(ms: number, callback: () => void): () => void;
}

/** What a store works with. */
export interface TailStoreOptions {
  readonly settings: TailSettings;
  readonly clock: SamplingClock;
  readonly counts: SamplingCounts;
  readonly wrap: WrapSpans;
  /** Where kept spans go. */
  send(piece: SpanPiece): void;
}

/** How often traces are looked at that may have ended. */
const tickMs = 100;
/** In front of each span that waits: its length, and the place of what stands around it in its trace's list. */
const headBytes = 8;
/** Decisions, and surroundings of a trace, that are looked through for the same. */
const maxShared = 64;
const maxLooked = 16;
/** The name of what decides on traces that no rule fits. */
export const noRule = "none";

/** Traces that wait for their decision, whole and within bounds, and the decisions on those before. */
export class TailStore {
  readonly #options: TailStoreOptions;
  readonly #certain: readonly boolean[];
  readonly #rates: readonly (ServiceRates | undefined)[];
  readonly #waiting = new Map<string, WaitingTrace>();
  #decided: Remembered<TraceDecision>;
  readonly #blocks = new BlockStore();
  readonly #resources = new ByteTable();
  readonly #scopes = new ByteTable();
  readonly #byAge = new Queue<WaitingTrace>();
  readonly #idle = new Queue<WaitingTrace>();
  readonly #idleAfterRoot = new Queue<WaitingTrace>();
  readonly #outgoing: Outgoing;
  readonly #head = Buffer.alloc(headBytes);
  readonly #lastDecisions: TraceDecision[] = [];
  #spans = 0;
  #cancel: (() => void) | undefined;

  constructor(options: TailStoreOptions) {
    const { settings, wrap } = options;
    this.#options = options;
    this.#certain = certainOnes(settings.keep);
    this.#rates = settings.keep.map(({ perService }) => perService && new ServiceRates(perService));
    this.#decided = new Remembered(settings.remember);
    this.#outgoing = new Outgoing(wrap, (piece) => options.send(piece));
  }

  /** What waits takes up, all that is kept of it included. */
  get bytes(): number {
    return this.#blocks.usedBytes + this.#resources.bytes + this.#scopes.bytes + this.#waiting.size * traceBytes;
  }

  get traces(): number {
    return this.#waiting.size;
  }

  get spans(): number {
    return this.#spans;
  }

  /** The decision on a trace, or the trace where there is none: what is told of its next span goes to `note`. */
  find(id: string): TraceDecision | WaitingTrace {
    const waiting = this.#waiting.get(id);
    if (waiting !== undefined) return waiting;
    const decided = this.#decided.get(id);
    if (decided === undefined) return this.#begin(id);
    if (decided.atEnd) this.#options.counts.late(decided.kept);
    return decided;
  }

  /** Takes in what one more span tells of a trace, and decides it if that makes the outcome certain. */
  note(trace: WaitingTrace, span: SpanFacts, matched: number): void {
    if (trace.decision !== undefined) return;
    trace.add(span);
    trace.matched |= matched;
    trace.lastMs = this.#options.clock.now();
    const { keep, quietAfterRootMs } = this.#options.settings;
    (trace.hasRoot && quietAfterRootMs !== undefined ? this.#idleAfterRoot : this.#idle).join(trace.idle);
    if (this.#certain[firstFit(keep, trace)] === true) this.#decide(trace, "certain");
  }

  /** Takes a span of a trace that was noted: it waits, or goes the way that was decided. Its bytes stay as they are until the next `flush`. */
  take(of: WaitingTrace | TraceDecision, around: SpanSurroundings, bytes: Uint8Array): void {
    if (of instanceof WaitingTrace && of.decision === undefined && this.#makeRoom(of, around, bytes))
      this.#store(of, around, bytes);
    else this.#pass((of instanceof WaitingTrace ? of.decision : of) as TraceDecision, around, bytes);
  }

  /** Sends what was decided to be kept. */
  flush(): void {
    this.#outgoing.flush();
  }

  /** Goes on with what another store, which has closed, remembers. */
  inherit(other: TailStore): void {
    this.#decided = other.#decided;
    this.#decided.atLeast = this.#options.settings.remember;
  }

  /** Decides all that waits, by what is known. */
  close(cause: "reload" | "closed"): void {
    for (let trace = this.#byAge.first; trace !== undefined; trace = this.#byAge.first) this.#decide(trace, cause);
    this.flush();
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #begin(id: string): WaitingTrace {
    const { settings, clock } = this.#options;
    while (this.bytes + traceBytes > settings.maxBytes && this.#byAge.first !== undefined)
      this.#decide(this.#byAge.first, "memory");
    const trace = new WaitingTrace(id, clock.now());
    this.#waiting.set(id, trace);
    this.#byAge.join(trace.age);
    this.#idle.join(trace.idle);
    this.#cancel ??= clock.after(tickMs, () => this.#tick());
    return trace;
  }

  /** Decides the oldest traces until there is room for one more span of this one; false if it was decided itself. */
  #makeRoom(trace: WaitingTrace, around: SpanSurroundings, bytes: Uint8Array): boolean {
    const { maxBytes } = this.#options.settings;
    while (trace.decision === undefined && this.bytes + this.#growth(trace, around, bytes) > maxBytes)
      this.#decide(this.#byAge.first as WaitingTrace, "memory");
    return trace.decision === undefined;
  }

  #growth({ chain }: WaitingTrace, { resource, scope }: SpanSurroundings, bytes: Uint8Array): number {
    const around = this.#resources.growth(resource) + this.#scopes.growth(scope);
    return around + this.#blocks.growth(chain, headBytes + bytes.length);
  }

  #store(trace: WaitingTrace, around: SpanSurroundings, bytes: Uint8Array): void {
    const place = this.#placeOf(trace.around, around);
    this.#head.writeUInt32LE(bytes.length, 0);
    this.#head.writeUInt32LE(place, 4);
    this.#blocks.append(trace.chain, this.#head);
    this.#blocks.append(trace.chain, bytes);
    trace.stored++;
    this.#spans++;
  }

  /** The place of these surroundings in a trace's list, where they are put unless they are among the last. */
  #placeOf(list: SharedSurroundings[], { resource, scope }: SpanSurroundings): number {
    const [ofResource, ofScope] = [this.#resources.find(resource), this.#scopes.find(scope)];
    for (let place = list.length - 1; place >= Math.max(0, list.length - maxLooked); place--)
      if (list[place]!.resource === ofResource && list[place]!.scope === ofScope) return place;
    return list.push({ resource: this.#resources.use(resource), scope: this.#scopes.use(scope) }) - 1;
  }

  #tick(): void {
    const { settings, clock } = this.#options;
    const { quietMs, quietAfterRootMs = quietMs, longestMs } = settings;
    const now = clock.now();
    const decideWhile = (queue: Queue<WaitingTrace>, cause: Cause, isDue: (trace: WaitingTrace) => boolean) => {
      for (let trace = queue.first; trace !== undefined && isDue(trace); trace = queue.first)
        this.#decide(trace, cause);
    };
    decideWhile(this.#idle, "quiet", ({ lastMs }) => now - lastMs >= quietMs);
    decideWhile(this.#idleAfterRoot, "quiet", ({ lastMs }) => now - lastMs >= quietAfterRootMs);
    decideWhile(this.#byAge, "longest", ({ firstMs }) => now - firstMs >= longestMs);
    this.flush();
    this.#cancel = this.#waiting.size === 0 ? undefined : clock.after(tickMs, () => this.#tick());
  }

  #decide(trace: WaitingTrace, cause: Cause): void {
    const decision = this.#decisionOn(trace, cause);
    const { rule, kept } = decision;
    trace.decision = decision;
    this.#decided.set(trace.id, decision);
    this.#waiting.delete(trace.id);
    this.#byAge.leave(trace.age);
    trace.idle.queue?.leave(trace.idle);
    this.#options.counts.trace(rule, cause, kept);
    this.#options.counts.spans(kept, rule, trace.stored);
    this.#release(trace, decision);
  }

  #decisionOn(trace: WaitingTrace, cause: Cause): TraceDecision {
    const { keep } = this.#options.settings;
    const atEnd = cause !== "certain";
    const place = firstFit(keep, trace);
    const rule = keep[place];
    if (rule === undefined) return this.#shared(noRule, false, undefined, atEnd);
    const rates = this.#rates[place];
    const rate = rates?.next(trace.service ?? "", trace.weight, this.#options.clock.now()) ?? rule.rate;
    if (rate <= 0 || rate >= 1) return this.#shared(rule.name, rate >= 1, undefined, atEnd);
    const threshold = thresholdOf(rate);
    const kept = passes(threshold, trace.id, { threshold: undefined, randomness: trace.randomness });
    return this.#shared(rule.name, kept, kept ? threshold : undefined, atEnd);
  }

  /** The same object for the same decision, as far as it is one of the last: many are remembered. */
  #shared(rule: string, kept: boolean, threshold: string | undefined, atEnd: boolean): TraceDecision {
    const isSame = (each: TraceDecision) =>
      each.rule === rule && each.kept === kept && each.threshold === threshold && each.atEnd === atEnd;
    const known = this.#lastDecisions.find(isSame);
    if (known !== undefined) return known;
    const decision = { rule, kept, threshold, atEnd };
    if (this.#lastDecisions.unshift(decision) > maxShared) this.#lastDecisions.pop();
    return decision;
  }

  /** Lets go of the spans of a trace that waited. */
  #release(trace: WaitingTrace, { kept, threshold }: TraceDecision): void {
    if (kept) this.#passOn(trace, threshold);
    for (const { resource, scope } of trace.around) {
      this.#resources.release(resource);
      this.#scopes.release(scope);
    }
    this.#blocks.free(trace.chain);
    this.#spans -= trace.stored;
  }

  #passOn({ chain, around }: WaitingTrace, threshold: string | undefined): void {
    const bytes = this.#blocks.read(chain);
    for (let at = 0; at < bytes.length; ) {
      const from = at + headBytes;
      const { resource, scope } = around[bytes.readUInt32LE(at + 4)]!;
      at = from + bytes.readUInt32LE(at);
      this.#outgoing.add({ resource: resource.content, scope: scope.content }, bytes.subarray(from, at), threshold);
    }
  }

  #pass({ rule, kept, threshold }: TraceDecision, around: SpanSurroundings, bytes: Uint8Array): void {
    this.#options.counts.spans(kept, rule, 1);
    if (kept) this.#outgoing.add(around, bytes, threshold);
  }
}

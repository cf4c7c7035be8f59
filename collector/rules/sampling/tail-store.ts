import type { SpanPiece, SpanSurroundings, WrapSpans } from "../../../schemas/model/span.ts";
import type { Cause, SamplingCounts } from "./counts.ts";
import { createDecider, type Decider } from "./decider.ts";
import type { TailSettings } from "./keep-rule.ts";
import { Outgoing } from "./outgoing.ts";
import { Queue } from "./queue.ts";
import { Remembered } from "./remembered.ts";
import { SpanStore } from "./span-store.ts";
import { type SpanFacts, type TraceDecision, traceBytes, WaitingTrace } from "./waiting-trace.ts";

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

/** Traces that wait for their decision, whole and within bounds, and the decisions on those before. */
export class TailStore {
  readonly #options: TailStoreOptions;
  readonly #decider: Decider;
  readonly #waiting = new Map<string, WaitingTrace>();
  #decided: Remembered<TraceDecision>;
  readonly #held = new SpanStore();
  readonly #byAge = new Queue<WaitingTrace>();
  readonly #idle = new Queue<WaitingTrace>();
  readonly #idleAfterRoot = new Queue<WaitingTrace>();
  readonly #outgoing: Outgoing;
  #cancel: (() => void) | undefined;

  constructor(options: TailStoreOptions) {
    const { settings, wrap, clock } = options;
    this.#options = options;
    this.#decider = createDecider(settings.keep, clock.now);
    this.#decided = new Remembered(settings.remember);
    this.#outgoing = new Outgoing(wrap, (piece) => options.send(piece));
  }

  /** What waits takes up, all that is kept of it included. */
  get bytes(): number {
    return this.#held.bytes + this.#waiting.size * traceBytes;
  }

  get traces(): number {
    return this.#waiting.size;
  }

  get spans(): number {
    return this.#held.count;
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
    const { quietAfterRootMs } = this.#options.settings;
    (trace.hasRoot && quietAfterRootMs !== undefined ? this.#idleAfterRoot : this.#idle).join(trace.idle);
    if (this.#decider.isCertain(trace)) this.#decide(trace, "certain");
  }

  /** Takes a span of a trace that was noted: it waits, or goes the way that was decided. Its bytes stay as they are until the next `flush`. */
  take(of: WaitingTrace | TraceDecision, around: SpanSurroundings, bytes: Uint8Array): void {
    if (of instanceof WaitingTrace && of.decision === undefined && this.#makeRoom(of, around, bytes))
      this.#held.add(of.held, around, bytes);
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
    while (trace.decision === undefined && this.bytes + this.#held.growth(trace.held, around, bytes) > maxBytes)
      this.#decide(this.#byAge.first as WaitingTrace, "memory");
    return trace.decision === undefined;
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
    const decision = this.#decider.decide(trace, cause !== "certain");
    const { rule, kept, threshold } = decision;
    trace.decision = decision;
    this.#decided.set(trace.id, decision);
    this.#waiting.delete(trace.id);
    this.#byAge.leave(trace.age);
    trace.idle.queue?.leave(trace.idle);
    this.#options.counts.trace(rule, cause, kept);
    this.#options.counts.spans(kept, rule, trace.held.count);
    if (kept) this.#held.each(trace.held, (around, span) => this.#outgoing.add(around, span, threshold));
    this.#held.release(trace.held);
  }

  #pass({ rule, kept, threshold }: TraceDecision, around: SpanSurroundings, bytes: Uint8Array): void {
    this.#options.counts.spans(kept, rule, 1);
    if (kept) this.#outgoing.add(around, bytes, threshold);
  }
}

import type { TraceFacts } from "./keep-rule.ts";
import { Link } from "./queue.ts";
import { noSpans } from "./span-store.ts";

/** What the objects of a trace that waits take up, beside the bytes of its spans. */
export const traceBytes = 720;

/** What was decided of a trace. */
export interface TraceDecision {
  /** The rule that decided. */
  readonly rule: string;
  readonly kept: boolean;
  /** What its spans passed, and are to say that they did. */
  readonly threshold: string | undefined;
  /** Spans that come after it are late. */
  readonly atEnd: boolean;
}

/** What one span tells of its trace. */
export interface SpanFacts {
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
  readonly isRoot: boolean;
  readonly service: string | undefined;
  /** How many it stands for. */
  readonly weight: number;
  /** Randomness that stands in for that of the trace id. */
  readonly randomness: string | undefined;
}

/** A trace that is not decided. */
export class WaitingTrace implements TraceFacts {
  readonly id: string;
  readonly firstMs: number;
  lastMs: number;
  matched = 0;
  spans = 0;
  startMs: number | undefined = undefined;
  endMs: number | undefined = undefined;
  hasRoot = false;
  /** The service of the root, or of the first span that has one. */
  service: string | undefined = undefined;
  weight = 1;
  randomness: string | undefined = undefined;
  /** Its spans that are kept in memory. */
  readonly held = noSpans();
  decision: TraceDecision | undefined = undefined;
  readonly age: Link<WaitingTrace> = new Link(this);
  readonly idle: Link<WaitingTrace> = new Link(this);

  constructor(id: string, nowMs: number) {
    this.id = id;
    this.firstMs = nowMs;
    this.lastMs = nowMs;
  }

  /** Takes in what one more span tells. */
  add(span: SpanFacts): void {
    const { startMs, endMs, isRoot, service } = span;
    this.spans++;
    if (startMs !== undefined) this.startMs = Math.min(this.startMs ?? startMs, startMs);
    if (endMs !== undefined) this.endMs = Math.max(this.endMs ?? endMs, endMs);
    if (isRoot ? !this.hasRoot : this.service === undefined) this.service = service ?? this.service;
    this.hasRoot ||= isRoot;
    if (this.spans === 1) this.weight = span.weight;
    this.randomness ??= span.randomness;
  }
}

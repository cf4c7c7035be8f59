import { type Context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, TraceFlags, trace } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  ParentBasedSampler,
  type ReadableSpan,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace-base";
import type { TraceSpanInstance } from "../../../schemas/model/instance.ts";
import type { CallerSpan, TracedWork, WorkFacts, WorkKind, WorkTracer } from "../../../schemas/model/traced-work.ts";
import { toInstance } from "./to-instance.ts";

/** What the hub's work is traced with. */
export interface SdkTracerOptions {
  /** The share of traces that begin here and are kept; those of callers are kept if the caller's is. */
  readonly sample: number;
  /** Takes ended spans; never waits, never throws. */
  offer(span: TraceSpanInstance): void;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds of a clock that never goes back. */
  steady(): number;
}

const kinds: Readonly<Record<WorkKind, SpanKind>> = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL,
};

/** A tracer made of OpenTelemetry's SDK. */
export function createSdkTracer({ sample, offer, now, steady }: SdkTracerOptions): Pick<WorkTracer, "start"> {
  const provider = new BasicTracerProvider({
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sample) }),
    spanProcessors: [toLane(offer)],
  });
  const tracer = provider.getTracer("mixdown");

  const begin = (name: string, kind: WorkKind, context: Context, clock: Clock, attributes: WorkFacts = {}) =>
    tracer.startSpan(name, { kind: kinds[kind], startTime: toHrTime(clock()), attributes }, context);

  const toWork = (span: Span, clock: Clock): TracedWork => ({
    start: (name, kind, facts) => toWork(begin(name, kind, trace.setSpan(ROOT_CONTEXT, span), clock, facts), clock),
    end(facts = {}, error) {
      span.setAttributes(facts);
      if (error !== undefined) span.setAttribute("error.type", error).setStatus({ code: SpanStatusCode.ERROR });
      span.end(toHrTime(clock()));
    },
  });

  return {
    start(name, kind, caller) {
      const clock = createClock(now(), steady);
      const span = begin(name, kind, contextOf(caller), clock);
      return span.isRecording() ? toWork(span, clock) : undefined;
    },
  };
}

/** Milliseconds since the epoch. */
type Clock = () => number;

/** All spans of one trace go by the same clock, which is not set while they run. */
function createClock(epochMs: number, steady: () => number): Clock {
  const since = steady();
  return () => epochMs + (steady() - since);
}

function toHrTime(ms: number): [number, number] {
  const nanos = BigInt(Math.round(ms * 1000)) * 1000n;
  return [Number(nanos / 1_000_000_000n), Number(nanos % 1_000_000_000n)];
}

function contextOf(caller: CallerSpan | undefined): Context {
  if (caller === undefined) return ROOT_CONTEXT;
  const { traceId, spanId, sampled } = caller;
  const traceFlags = sampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

/** Hands each span on as it ends: the lane is the queue, within its limits. */
function toLane(offer: SdkTracerOptions["offer"]) {
  return {
    onStart() {},
    onEnd: (span: ReadableSpan) => offer(toInstance(span)),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
}

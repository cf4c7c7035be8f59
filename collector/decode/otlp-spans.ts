import { SpanCutter } from "./otlp/cut-spans.ts";
import { indexRequest } from "./otlp/request-index.ts";
import { createResourceCache, createScopeCache } from "./otlp/resource.ts";
import { createTextCache, LazySpan } from "./otlp/span.ts";
import { OtlpSpanBatch } from "./otlp/span-batch.ts";
import { type SpanLimits, spanLimits } from "./otlp/span-limits.ts";

export { OtlpError } from "./otlp/request-index.ts";
export type { OtlpSpanBatch };

/** Spans in one turn: some milliseconds of work. */
const defaultSteps = 2048;

/** Reads spans from the bytes of OTLP requests. */
export interface SpanDecoder {
  /**
   * The spans of an ExportTraceServiceRequest, over its bytes: they must stay as they are until the last span is read, and
   * a decoder's requests may be read side by side, a turn at a time. `places` numbers the spans for those who hear why one was refused. Throws OtlpError if its framing is broken.
   */
  read(message: Uint8Array, source: string, places?: readonly number[]): OtlpSpanBatch;
}

/** What a decoder works with. */
export interface SpanDecoderOptions {
  /** Milliseconds since the epoch. */
  now(): number;
  readonly limits?: SpanLimits;
  readonly steps?: number;
}

/** Makes a decoder for opentelemetry.proto.collector.trace.v1 (OTLP 1.x). */
export function createSpanDecoder({ now, limits = spanLimits, steps = defaultSteps }: SpanDecoderOptions): SpanDecoder {
  const texts = createTextCache();
  const resources = createResourceCache(texts);
  const scopes = createScopeCache();
  const span = new LazySpan(texts, limits);
  const cutter = new SpanCutter();
  return {
    read(message, source, places) {
      const index = indexRequest(message, limits.maxSpans);
      return new OtlpSpanBatch(index, { source, places, resources, scopes, span, cutter, limits, steps, now });
    },
  };
}

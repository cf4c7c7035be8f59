/** What is taken of a request and of one span; what is beyond is refused, span by span. */
export interface SpanLimits {
  readonly maxSpans: number;
  readonly maxAttributes: number;
  readonly maxEvents: number;
  readonly maxLinks: number;
  /** How far a span may lie ahead of the hub's clock. */
  readonly maxAheadMs: number;
}

/** Far above what SDKs and proxies send: they keep to 128 of each by default. */
export const spanLimits: SpanLimits = {
  maxSpans: 100_000,
  maxAttributes: 4096,
  maxEvents: 4096,
  maxLinks: 4096,
  maxAheadMs: 366 * 24 * 3_600_000,
};

import { type RawSpan, type SpanLink, spanKeyNumber } from "../../schemas/model/span.ts";

const sharedKey = spanKeyNumber("zipkin.shared");
const none: readonly string[] = [];

/**
 * The keys of the spans that a span is a child of: its parent, and those that it is linked to where it receives messages. In
 * Zipkin's form the one who is called may go on under the caller's id.
 */
export function parentsOf(span: RawSpan, isReceiving: boolean): readonly string[] {
  if (span.value(sharedKey) === true) return [span.key];
  const { parentKey } = span;
  const parents = parentKey === undefined ? none : [parentKey];
  if (!isReceiving || span.links.length === 0) return parents;
  return [...new Set([...parents, ...span.links.map(toKey)])];
}

const toKey = ({ traceId, spanId }: SpanLink): string => Buffer.from(traceId + spanId, "hex").toString("latin1");

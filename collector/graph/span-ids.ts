import { type RawSpan, spanKeyNumber } from "../../schemas/model/span.ts";

const sharedKey = spanKeyNumber("zipkin.shared");

/** What a span is called by others: its trace and its own id. */
export const idOf = (span: RawSpan): string => span.traceId + span.spanId;

/**
 * The spans that a span is a child of: its parent, and those that it is linked to where it receives messages. In Zipkin's
 * form the one who is called may go on under the caller's id.
 */
export function parentsOf(span: RawSpan, isReceiving: boolean): string[] {
  const { traceId, parentSpanId } = span;
  if (span.value(sharedKey) === true) return [idOf(span)];
  const parents = parentSpanId === undefined ? [] : [traceId + parentSpanId];
  if (!isReceiving) return parents;
  return [...new Set([...parents, ...span.links.map((link) => link.traceId + link.spanId)])];
}

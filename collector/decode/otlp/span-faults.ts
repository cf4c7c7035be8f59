import type { WireFault } from "../reader.ts";
import { type AroundFault, explainFault } from "./item-batch.ts";
import type { SpanLimits } from "./span-limits.ts";

/** What can be wrong with one span. */
export type SpanFault =
  | WireFault
  | "trace_id"
  | "span_id"
  | "parent_span_id"
  | "attributes"
  | "events"
  | "links"
  | "future"
  | AroundFault;

/** What was expected instead, for the sender. */
export function explainSpanFault(fault: SpanFault, limits: SpanLimits): string {
  switch (fault) {
    case "trace_id":
      return "expected a trace_id of 16 bytes that are not all zero";
    case "span_id":
      return "expected a span_id of 8 bytes that are not all zero";
    case "parent_span_id":
      return "expected a parent_span_id of 8 bytes or none";
    case "attributes":
      return `expected at most ${limits.maxAttributes} attributes`;
    case "events":
      return `expected at most ${limits.maxEvents} events`;
    case "links":
      return `expected at most ${limits.maxLinks} links`;
    case "future":
      return "its time lies more than a year ahead";
    case "too_many":
      return `expected at most ${limits.maxSpans} spans in a request`;
    default:
      return explainFault(fault);
  }
}

import type { WireFault } from "../reader.ts";
import { maxDepth } from "./any-value.ts";
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
  | "resource"
  | "scope"
  | "too_many";

/** What was expected instead, for the sender. */
export function explainSpanFault(fault: SpanFault, limits: SpanLimits): string {
  switch (fault) {
    case "truncated":
      return "a field is longer than what is left";
    case "overlong_varint":
      return "a varint has more than 64 bits";
    case "bad_tag":
      return "a field has no valid number";
    case "wire_type":
      return "a field has a wire type that it cannot have";
    case "limit":
      return `expected at most ${maxDepth} levels of lists and maps in a value`;
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
    case "resource":
      return "its resource cannot be read, or has more than 1024 attributes";
    case "scope":
      return "its scope cannot be read, or has more than 1024 attributes";
    case "too_many":
      return `expected at most ${limits.maxSpans} spans in a request`;
  }
}

import type { TraceSpanInstance } from "./instance.ts";

/** The kinds of spans. */
export const spanKinds: readonly TraceSpanInstance["kind"][] = ["internal", "server", "client", "producer", "consumer"];

/** How spans can have ended. */
export const spanStatuses: readonly TraceSpanInstance["status"][] = ["unset", "ok", "error"];

/** The kind that a word names, in letters of any case; undefined if it names none. */
export function parseSpanKind(word: string): TraceSpanInstance["kind"] | undefined {
  return spanKinds.find((kind) => kind === word) ?? spanKinds.find((kind) => kind === word.toLowerCase());
}

/** The status that a word names, in letters of any case; undefined if it names none. */
export function parseSpanStatus(word: string): TraceSpanInstance["status"] | undefined {
  return spanStatuses.find((status) => status === word) ?? spanStatuses.find((status) => status === word.toLowerCase());
}
